/** The inputs of a parser by number: first the corpus as it is, then what is made of it and of the seeds. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbout } from '../../configs/problem.js';
import { KNOWN } from './known.js';
import { Dice, mutated } from './mutate.js';
import type { Parser } from './parser.js';

/** A folder a parser. */
const CORPUS = join('test', 'fuzz', 'corpus');
/** Bytes of an input that others are made of. */
const MUTATED = 1 << 16;

/** What was found once: small files, and what a line of code makes. */
export async function corpusOf(parser: string): Promise<Buffer[]> {
  const names = await readdir(join(CORPUS, parser)).catch((error: unknown) => {
    if (isAbout(error, 'ENOENT')) return [];
    throw error;
  });
  const files = await Promise.all(names.sort().map((name) => readFile(join(CORPUS, parser, name))));
  return [...files, ...KNOWN.filter((known) => known.parser === parser).map(({ make }) => make())];
}

export async function inputsOf(
  parser: Parser,
  { seed, file }: { readonly seed: number; readonly file: string | null },
): Promise<(index: number) => Buffer> {
  if (file !== null) {
    const bytes = await readFile(file);
    return () => bytes;
  }
  const corpus = await corpusOf(parser.name);
  const whole = await parser.seeds();
  const real = [...corpus, ...whole];
  const seeds = real.filter(({ length }) => length <= MUTATED);
  return (index) => real[index] ?? mutated(seeds, parser.words ?? [], parser.repair, new Dice(seed, index));
}
