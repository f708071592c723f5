/** What an epoch of the real training job costs beyond its steps, and how long it waits for photos: made photos, the full network at full size. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tensorFlowEnvironment } from '../../ml/engine/tensorflow.js';
import { runJson } from '../measure.js';
import { WORKPLACE } from '../peers.js';
import { NOTHING, type Findings } from '../report.js';
import { EpochWait, epochShares, Timeline } from './epoch-shares.js';
import { THREADS } from './settings.js';
import type { Note, TrainOptions } from './train.js';

const FOLDER = join(WORKPLACE, 'epochs');
const PROGRAM = fileURLToPath(new URL('our-epochs.js', import.meta.url));
/** Short epochs, so that what each one costs weighs more than in a run. Two of the four count, so that a checkpoint every second epoch is among them. */
const SIZE = { epochs: 4, steps: 16, validationPairs: 16 };

export async function measureEpochs(_: TrainOptions, note: Note): Promise<Findings> {
  note(`training ${SIZE.epochs} epochs of ${SIZE.steps} steps on made photos`);
  await rm(FOLDER, { recursive: true, force: true });
  try {
    const words = [PROGRAM, FOLDER, ...Object.values(SIZE).map(String)];
    const timeline = Timeline.parse(await runJson(process.execPath, words, tensorFlowEnvironment('cpu', THREADS)));
    const lines = (await readFile(join(FOLDER, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    // Rows of other kinds may stand between those of epochs.
    const rows = lines.flatMap((line) => EpochWait.safeParse(JSON.parse(line)).data ?? []);
    return { ...NOTHING, shares: { ...epochShares(timeline, rows) } };
  } finally {
    await rm(FOLDER, { recursive: true, force: true });
  }
}
