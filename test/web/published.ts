/** A small published bundle, and photos to rank with it. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { parity } from '../../activities/export/parity.js';
import { readInstallation } from '../../configs/load/installation.js';
import { packagedPhotos } from '../../ml/images/sample-sources.js';
import { Stage } from '../activities/export/stage.js';
import { taskContext } from '../activities/task-context.js';

/** Seeded weights, photos of 36 px of which the model sees 32, published as the pipeline does it. */
export async function publishSmall(): Promise<Stage> {
  const stage = await Stage.make();
  await stage.export();
  await stage.quantize();
  await stage.evaluate();
  const anything = { cosineMedian: -1, cosineFifth: -1, errorOverVariance: 1e9, pairsAlike: 0, allPairsAlike: 0, accuracyDrop: 1 };
  const settings = {
    parity: { fp32ScoreError: 1, int8: anything, int8Weights: anything },
    latency: { rounds: 1, runs: 5, browser: 'off' as const },
  };
  stage.take(await parity(taskContext({ ...stage.given, task: 'parity', settings })));
  await stage.publish();
  return stage;
}

/** Photos from packages in the ways that cameras and people store them; absolute paths. */
export async function writePhotos(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const sources = packagedPhotos((await readInstallation()).samplePhotos).map(({ path }) => path);
  const of = (index: number): Sharp => sharp(sources[index % sources.length]).removeAlpha();
  const made: Readonly<Record<string, Sharp>> = {
    'plain.jpg': of(0).jpeg({ quality: 95 }),
    'turned.jpg': of(1).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }),
    'lossless.png': of(2).png(),
    'web.webp': of(3).webp({ quality: 95 }),
    'grey.jpg': of(4).greyscale().jpeg({ quality: 95 }),
    'tall.png': of(5).resize(90, 400, { fit: 'fill' }).png(),
  };
  const paths: string[] = [];
  for (const [name, image] of Object.entries(made)) {
    await image.toFile(join(folder, name));
    paths.push(join(folder, name));
  }
  return paths;
}

/** What a test changes of a manifest. */
export type Changeable = { readonly files: { readonly name: string; path: string; sha256: string }[] } & Record<string, unknown>;
export type Change = (manifest: Changeable, folder: string) => void | Promise<void>;

/** Test photos that score evenly from -1 to 1 with every file, and this margin. */
export function judgedBy({ files }: Changeable, margin: number): void {
  const all = Array.from({ length: 21 }, (_, index) => index / 10 - 1);
  for (const file of files) Object.assign(file, { scores: { all }, close: { margin } });
}

/** A copy of a bundle whose manifest, or files, were changed. */
export async function changedBundle(from: string, to: string, change: Change): Promise<void> {
  await cp(from, to, { recursive: true, dereference: true });
  const path = join(to, 'manifest.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Changeable;
  await change(manifest, to);
  await writeFile(path, JSON.stringify(manifest));
}

/** Changes the bytes of every ONNX file, and nothing of what the manifest says of them. */
export async function rewriteModel({ files }: Changeable, folder: string, rewrite: (bytes: Buffer) => Uint8Array): Promise<void> {
  for (const { name, path } of files)
    if (name !== 'checkpoint') await writeFile(join(folder, path), rewrite(await readFile(join(folder, path))));
}
