/** The worker: loads the model once, then scores one photo after the other. Photos come from the page and go nowhere. */
import type { Answer, Ask } from '../shared/messages.js';
import { inputOf } from '../shared/input.js';
import { scoresOf, type Runtime, type ShownManifest } from '../shared/manifest.js';
import { inWords, Trouble } from '../shared/trouble.js';
import { fetchManifest } from './fetch-model.js';
import { seePhoto } from './photo.js';
import { openScorer, type Scorer } from './session.js';

const RUNTIMES: readonly string[] = ['webgpu', 'wasm-threads', 'wasm'] satisfies Runtime[];

const worker = self as unknown as DedicatedWorkerGlobalScope;
const say = (answer: Answer, transfer: Transferable[] = []): void => worker.postMessage(answer, transfer);

/** The page's address without what follows `?`; the worker's own script lies in a folder below. */
const { searchParams } = new URL(worker.location.href);
const site = new URL('../', worker.location.href);
const models = new URL('models/', site);

async function load(): Promise<{ readonly manifest: ShownManifest; readonly scorer: Scorer }> {
  if (!('subtle' in crypto) || !('caches' in worker))
    throw new Trouble({
      message: 'This address is not one that the browser trusts, so nothing can be verified',
      cure: 'Open the page by https, or from this machine (http://localhost)',
    });
  const { manifest, offline } = await fetchManifest(models);
  const asked = searchParams.get('runtime');
  if (asked !== null && !RUNTIMES.includes(asked))
    throw new Trouble({ message: `There is no runtime "${asked}"`, cure: `Name one of ${RUNTIMES.join(', ')}, or none` });
  const scorer = await openScorer({ site, models }, manifest, asked as Runtime | null, (done, all) => say({ kind: 'loading', done, all }));
  const { runtime, threads, file } = scorer;
  const remarks = offline ? ['Without a network: this is the model of the last visit', ...scorer.remarks] : scorer.remarks;
  const { version, trainedAt, synthetic, input } = manifest;
  const scores = scoresOf(file);
  const { crop } = input.preprocessing;
  say({
    kind: 'ready',
    model: { version, trainedAt, synthetic, scores, crop, file: file.name, bytes: file.bytes, runtime, threads, remarks },
  });
  return { manifest, scorer };
}

const loaded = load();
loaded.catch((error: unknown) => say({ kind: 'refused', why: inWords(error) }));

/** Resolves when the photo before is done: one is decoded at a time, so that memory holds one. */
let before: Promise<void> = Promise.resolve();
worker.onmessage = ({ data }: MessageEvent<Ask>) => {
  before = before.then(() => answer(data));
};

async function answer({ id, photo }: Ask): Promise<void> {
  // Where there is no model the page knows: it was told `refused`.
  const model = await loaded.catch(() => null);
  if (model === null) return;
  const { manifest, scorer } = model;
  try {
    const begun = performance.now();
    const { square, thumbnail } = await seePhoto(photo, manifest.input.preprocessing);
    const score = await scorer.score(inputOf(square, manifest.input));
    say({ kind: 'scored', id, score, thumbnail, milliseconds: performance.now() - begun }, [thumbnail]);
  } catch (error) {
    say({ kind: 'unreadable', id, why: inWords(error) });
  }
}
