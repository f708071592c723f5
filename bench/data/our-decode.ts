/**
 * Photos decoded by us. Run as `our-decode.js full|fast LIST SIDE PASSES`, where LIST is a JSON file with a list of photos' paths; prints one JSON
 * document: seconds of each pass over all photos, reading and the header included; a pass before them warms the file cache.
 */
import { readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { readInto } from '../../ml/files/digests.js';
import { glanceAtSquare, lookAtSquare, readHeader } from '../../ml/images/decode.js';
import { LIBJPEG } from '../../ml/images/decoder.js';
import { PHOTOS_UNDER_WAY } from '../../ml/images/decoders/at-once.js';
import { FileMemory } from '../../ml/images/decoders/file-memory.js';

const [, , mode = '', list = '', side = '', passes = ''] = process.argv;
const files = JSON.parse(await readFile(list, 'utf8')) as string[];
const size = Number(side);

// As the audit reads.
const memory = new FileMemory(PHOTOS_UNDER_WAY);

async function squareOf(file: string): Promise<Buffer> {
  const { size: length } = await stat(file);
  const bytes = await readInto(memory.take(length), file);
  const header = await readHeader(bytes);
  const { square } = await (mode === 'full' ? lookAtSquare : glanceAtSquare)(bytes, header, size);
  memory.giveBack(bytes.buffer as ArrayBuffer);
  return square;
}

const seconds: number[] = [];
for (let pass = 0; pass <= Number(passes); pass++) {
  const begun = performance.now();
  let seen = 0;
  const squares: AsyncIterable<Buffer> = Readable.from(files).map(squareOf, { concurrency: PHOTOS_UNDER_WAY });
  for await (const square of squares) seen += square.length;
  seconds.push((performance.now() - begun) / 1000);
  if (seen !== files.length * size * size * 3) throw new Error(`${seen} bytes of ${files.length} photos`);
}
const versions = { sharp: sharp.versions.sharp ?? '', vips: sharp.versions.vips, libjpeg: LIBJPEG };
process.stdout.write(`${JSON.stringify({ seconds: seconds.slice(1), versions })}\n`);
