/**
 * Our scan of one folder of many photos. Run as `our-scan.js FILES [FOLDER]`: makes a set of that many empty files below FOLDER (the
 * temporary folder where none is named), half of them good, scans it three times and removes it. Prints one JSON document: files,
 * seconds to make them, seconds of each scan, and peak memory of a process that does nothing but scan, which holds the whole list.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scanPhotos } from '../../ml/images/scan.js';

const SCANS = 3;
const MADE_AT_ONCE = 1_000;
/** Marks the process that scans. */
const SCAN = '--scan';

const [, , first = '', second = tmpdir()] = process.argv;
if (first === SCAN) await scan(second);
else await measure(Number(first), second);

async function scan(root: string): Promise<void> {
  const seconds: number[] = [];
  let files = 0;
  for (let pass = 0; pass < SCANS; pass++) {
    const begun = performance.now();
    files = (await scanPhotos(root)).photos.length;
    seconds.push((performance.now() - begun) / 1_000);
  }
  process.stdout.write(JSON.stringify({ files, seconds, peakMb: process.resourceUsage().maxRSS / 1_024 }));
}

async function measure(files: number, folder: string): Promise<void> {
  if (!Number.isInteger(files) || files < 2) throw new RangeError('run it as our-scan.js FILES [FOLDER], with at least 2 files');
  const root = await mkdtemp(join(folder, 'scan-'));
  try {
    const begun = performance.now();
    for (const label of ['good', 'bad']) await mkdir(join(root, 'one', label), { recursive: true });
    for (let from = 0; from < files; from += MADE_AT_ONCE) {
      const count = Math.min(MADE_AT_ONCE, files - from);
      await Promise.all(Array.from({ length: count }, (_, place) => writeFile(join(root, 'one', nameOf(from + place)), '')));
    }
    const makeSeconds = (performance.now() - begun) / 1_000;
    const { stdout, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), SCAN, root], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new Error(`the scan ended with ${String(status)}`);
    process.stdout.write(`${JSON.stringify({ ...(JSON.parse(stdout) as object), makeSeconds })}\n`);
  } finally {
    await rm(root, { recursive: true });
  }
}

/** As cameras name them, and good and bad of one name. */
function nameOf(number: number): string {
  return `${number % 2 === 0 ? 'good' : 'bad'}/IMG_${String(number >> 1).padStart(8, '0')}.jpg`;
}
