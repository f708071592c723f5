/**
 * Photos decoded by us. Run as `our-decode.js full|fast LIST SIDE PASSES`, where LIST is a JSON file with a list of photos' paths; prints one JSON
 * document: seconds of each pass over all photos, reading and the header included; a pass before them warms the file cache.
 */
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { decodeSquare, glanceAtSquare, PHOTOS_IN_FLIGHT, readHeader } from '../../ml/images/decode.js';

const [, , mode = '', list = '', side = '', passes = ''] = process.argv;
const files = JSON.parse(await readFile(list, 'utf8')) as string[];
const size = Number(side);

async function squareOf(file: string): Promise<Buffer> {
  const bytes = await readFile(file);
  const header = await readHeader(bytes);
  return mode === 'full' ? decodeSquare(bytes, header, size) : (await glanceAtSquare(bytes, header, size)).square;
}

const seconds: number[] = [];
for (let pass = 0; pass <= Number(passes); pass++) {
  const begun = performance.now();
  let seen = 0;
  const squares: AsyncIterable<Buffer> = Readable.from(files).map(squareOf, { concurrency: PHOTOS_IN_FLIGHT });
  for await (const square of squares) seen += square.length;
  seconds.push((performance.now() - begun) / 1000);
  if (seen !== files.length * size * size * 3) throw new Error(`${seen} bytes of ${files.length} photos`);
}
const versions = { sharp: sharp.versions.sharp ?? '', vips: sharp.versions.vips };
process.stdout.write(`${JSON.stringify({ seconds: seconds.slice(1), versions })}\n`);
