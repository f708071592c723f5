/**
 * A photo's failure in its own words. libvips keeps one text of errors for all threads of a process: who fails finds in it what others left there, and
 * sound photos leave words as well. So a photo that fails is decoded once more while no other is, with an empty text to begin with.
 */
import { loadDecoder } from './decoder.js';

/** What is under way beside others. */
const running = new Set<Promise<unknown>>();
/** Ends with the last one of those that must be alone. Never rejects. */
let alone: Promise<unknown> = Promise.resolve();

/** Runs `decode` beside others, and where it fails once more by itself. `decode` must not wait for anything that waits for other photos. */
export async function inOwnWords<Result>(decode: () => Promise<Result>): Promise<Result> {
  try {
    return await besideOthers(decode);
  } catch (error) {
    if (hasOwnWords(error)) throw error;
  }
  const turn = alone.then(async () => {
    await Promise.allSettled(running);
    (await loadDecoder()).forgetWords();
    return decode();
  });
  alone = turn.catch(() => undefined);
  return turn;
}

/** Runs `decode`, which may leave words, but not while another photo is decoded alone. */
export async function besideOthers<Result>(decode: () => Promise<Result>): Promise<Result> {
  for (let before: unknown = null; before !== alone;) {
    before = alone;
    await before;
  }
  const run = decode();
  running.add(run);
  try {
    return await run;
  } finally {
    running.delete(run);
  }
}

/** Our decoder says so of errors that did not come from libvips. */
function hasOwnWords(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'DECODER';
}

/** Lines that say nothing to anybody: where a reader stopped, or only that it did. */
const EMPTY_LINES: readonly RegExp[] = [/^\s*$/, /bad seek to \d+$/, /: read error$/];

/** The line of a decoder's text that says most: the last one, behind what led to it. */
export function wordsOf(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const words = lines.findLast((line) => !EMPTY_LINES.some((empty) => empty.test(line))) ?? lines[0] ?? '';
  return words.replace(/^Input buffer has corrupt header:\s*/, 'its header is broken: ').replace(/:\s*$/, '');
}
