/** Small versions of a bundle: files of a few bytes and the example manifest. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Manifest } from '../../../configs/schema/manifest.js';
import { publishBundle, type Published, type PublishRequest } from '../../../ml/bundle/publish.js';

/** This file runs from dist/test/ml/bundle/. */
const EXAMPLE = fileURLToPath(new URL('../../../../test/configs/schema/manifest.json', import.meta.url));

export const EXAMPLE_TEXT = await readFile(EXAMPLE, 'utf8');

export function example(): Manifest {
  return Manifest.parse(JSON.parse(EXAMPLE_TEXT));
}

export function share(value: number, half = 0.05): Manifest['metrics']['pairwiseAccuracy'] {
  return { value, low: value - half, high: value + half, count: 96 };
}

/** What publishes files that hold `content` as a version; `change` replaces parts of the request. */
export async function request(root: string, content: string, change: Partial<PublishRequest> = {}): Promise<PublishRequest> {
  const made = join(root, 'made');
  await mkdir(made, { recursive: true });
  const sources = {
    fp32: join(made, `fp32 ${content}`),
    int8: join(made, `int8 ${content}`),
    checkpoint: join(made, `checkpoint ${content}`),
  };
  for (const path of Object.values(sources)) await writeFile(path, path.slice(made.length));
  const candidate = change.candidate ?? { testHash: example().testHash ?? '', pairwiseAccuracy: share(0.9) };
  return {
    directory: join(root, 'models'),
    version: 'auto',
    sources,
    candidate,
    force: false,
    forceCure: 'use force',
    manifest: (version, files) =>
      Manifest.parse({
        ...example(),
        version,
        testHash: candidate.testHash,
        files: files.map((file) => ({ ...file, opset: null, runtimes: [], latency: [], accuracy: null, scores: null, close: null })),
        documents: null,
        metrics: { pairwiseAccuracy: candidate.pairwiseAccuracy, kendallTauB: null },
      }),
    documents: ({ version }) => ({ card: `# ${version}\n`, metrics: '{}\n', settings: '{}\n' }),
    signal: new AbortController().signal,
    ...change,
  };
}

export async function publish(root: string, content: string, change: Partial<PublishRequest> = {}): Promise<Published> {
  return publishBundle(await request(root, content, change));
}
