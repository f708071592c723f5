/** Prints the tables of docs/near-duplicates.md. Run as `main.js FOLDER`, a folder of square photos no two of which show the same. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COPIES } from './copies.js';
import { hashesOf, piecesOf, recallOf, wrongPairs } from './recall.js';

const DISTANCES = [2, 4, 5, 6];

const [, , folder = ''] = process.argv;
const names = (await readdir(folder)).filter((name) => /\.(png|jpe?g|webp)$/.test(name)).sort();
const photos = await Promise.all(names.map((name) => readFile(join(folder, name))));
const hashes: (string | null)[] = [];
for (const photo of photos) hashes.push(await hashesOf(photo));
const row = (cells: readonly (string | number)[]): void => void process.stdout.write(`| ${cells.join(' | ')} |\n`);
const head = (cells: readonly string[]): void => [cells, cells.map(() => '---')].forEach(row);
const bits = DISTANCES.map((distance) => `${distance} bits`);

process.stdout.write(`Copies found, in percent of ${photos.length}\n\n`);
head(['copy', '', ...bits]);
let wrong = DISTANCES.map(() => 0);
for (const [kind, amounts] of Object.entries(COPIES)) {
  for (const [amount, copy] of Object.entries(amounts)) {
    const recall = await recallOf(photos, hashes, copy, DISTANCES);
    row([kind, amount, ...recall.map(({ found }) => Math.round((100 * found) / photos.length))]);
    wrong = wrong.map((sum, at) => sum + (recall[at]?.wrong ?? 0));
  }
}
row(['wrong pairs in all these together', '', ...wrong]);

process.stdout.write(`\nDifferent pictures taken for near-duplicates\n\n`);
head(['pictures', 'pairs', ...bits]);
for (const parts of [1, 2, 4]) {
  const pieces = await piecesOf(photos, parts);
  const pairs = (parts ** 4 * photos.length * (photos.length - 1)) / 2;
  const name = parts === 1 ? `${photos.length} photos` : `their pieces, ${parts} x ${parts}`;
  row([name, pairs, ...DISTANCES.map((distance) => wrongPairs(pieces, parts ** 2, distance))]);
}
