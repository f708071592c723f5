/** What the page reads of `models/manifest.json` (configs/schema/manifest.ts is all of it). Another format is refused: what it means is not known here. */
import * as z from 'zod/mini';
import type { MANIFEST_FORMAT } from '../../configs/schema/manifest.js';
import { fileFor } from '../../ml/bundle/file-for.js';
import { Trouble } from './trouble.js';

export const FORMAT: typeof MANIFEST_FORMAT = 3;

// Zod would make functions out of text, which the page's security policy forbids.
z.config({ jitless: true });

const refuse = (says: string): { readonly error: () => string } => ({ error: () => says });
const text = z.string(refuse('is no text'));
const positive = z.int(refuse('is no whole number')).check(z.positive(refuse('is not above 0')));
const insidePath = text.check(
  z.refine(
    (path) => path !== '' && !/^[/\\]|^[A-Za-z][\w+.-]*:|\\/.test(path) && !path.split('/').includes('..'),
    refuse('leads out of the bundle'),
  ),
);

const Distribution = z.object({ all: z.array(z.number()).check(z.length(21, refuse('are not 21 numbers'))) });
const Closeness = z.object({ margin: z.number() });

const FileEntry = z.object({
  name: text,
  path: insidePath,
  bytes: positive,
  sha256: text.check(z.regex(/^[0-9a-f]{64}$/, refuse('is no sha256'))),
  runtimes: z.array(text),
  scores: z.nullable(Distribution),
  close: z.nullable(Closeness),
});
export type FileEntry = z.infer<typeof FileEntry>;

const three = z.array(z.number()).check(z.length(3, refuse('are not three numbers')));
const Input = z.object({
  name: text,
  layout: z.enum(['NCHW', 'NHWC'], refuse('is neither NCHW nor NHWC')),
  preprocessing: z.object({ resize: positive, crop: positive, mean: three, std: three }),
});
export type Input = z.infer<typeof Input>;

/** How the test photos scored. */
export interface Scores {
  /** At 0, 5 … 100 % of the photos. */
  readonly quantiles: readonly number[];
  /** Two scores nearer than this are often in the wrong order; 0 where that is not known. */
  readonly close: number;
}

const Shown = z.object({
  version: text,
  trainedAt: text,
  synthetic: z.boolean(),
  files: z.array(FileEntry),
  input: Input,
  outputs: z.array(z.object({ name: text })),
});
export type ShownManifest = z.infer<typeof Shown>;

/** @throws Trouble that says what is wrong with it */
export function readManifest(json: string): ShownManifest {
  const value = parsed(json);
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  if (typeof format === 'number' && format !== FORMAT)
    throw new Trouble({
      message: `The model's manifest has format ${format}, and this page understands format ${FORMAT}`,
      cure: 'Use the page of the emo-aen version that published the model, or publish it again (emo-aen run)',
    });
  const read = Shown.safeParse(value);
  if (!read.success || typeof format !== 'number') {
    const [issue] = read.error?.issues ?? [];
    throw unreadable(issue === undefined ? 'it has no format' : `${issue.path.join('.')} ${issue.message}`);
  }
  const { resize, crop } = read.data.input.preprocessing;
  if (crop > resize) throw unreadable('input.preprocessing.crop is larger than resize');
  if (!read.data.outputs.some(({ name }) => name === 'score')) throw unreadable('outputs has no score');
  return read.data;
}

/** How the test photos scored with a file; null where that is not known. */
export function scoresOf({ scores, close }: FileEntry): Scores | null {
  return scores === null ? null : { quantiles: scores.all, close: close?.margin ?? 0 };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw unreadable('it is no JSON, or only a part of it', cause);
  }
}

function unreadable(why: string, cause?: unknown): Trouble {
  return new Trouble({ message: `The model's manifest cannot be read: ${why}`, cure: 'Publish the model again (emo-aen run)', cause });
}

/** `webgpu`, or WebAssembly in several threads or one. */
export type Runtime = 'webgpu' | 'wasm-threads' | 'wasm';

/** The file that is meant for this runtime. @throws Trouble where there is none */
export function chooseFile(manifest: Pick<ShownManifest, 'files' | 'version'>, runtime: Runtime): FileEntry {
  const family = runtime === 'webgpu' ? 'webgpu' : 'wasm';
  const file = fileFor(manifest, family);
  if (file !== undefined) return file;
  throw new Trouble({
    message: `Model ${manifest.version} has no file for ${family === 'webgpu' ? 'WebGPU' : 'WebAssembly'}`,
    cure: 'Publish it again (emo-aen run)',
  });
}
