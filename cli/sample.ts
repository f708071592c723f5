/** `emo-aen sample`: makes a photo set to try the method on, from photos that every installation carries or from one's own. */
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { readInstallation } from '../configs/load/installation.js';
import { nearest } from '../configs/load/nearest.js';
import { DEGRADATION_KINDS, DegradationKind } from '../configs/schema/sample.js';
import { packagedPhotos, photosIn } from '../ml/images/sample-sources.js';
import { makeSampleSet, QUICKSTART_SAMPLE } from '../ml/images/sample.js';
import { action, command } from './command.js';

interface SampleCommandOptions {
  readonly from?: string;
  readonly into: string;
  readonly scenes?: number;
  readonly crops?: number;
  readonly kinds?: readonly DegradationKind[];
  readonly seed: number;
  readonly force?: boolean;
}

/** Pairs of one's own photo: a scene needs fewer where there are many. */
const OWN_CROPS = 6;

export const sampleCommand = command('sample', 'make a photo set of crops (good) and the same crops degraded (bad)')
  .option('--from <dir>', 'a folder of your own photos, one scene each (default: photos that come with packages)')
  .option('--into <dir>', 'folder of the set, relative to the project root', 'training_files')
  .option('--scenes <n>', 'use at most so many photos', counting(1))
  .option('--crops <n>', `pairs of each photo (default: ${QUICKSTART_SAMPLE.crops}; with --from ${OWN_CROPS})`, counting(1))
  .option('--kinds <list>', `of ${DEGRADATION_KINDS.join(',')} (default: ${QUICKSTART_SAMPLE.kinds.join(',')}; with --from all)`, kindsOf)
  .option('--seed <n>', 'what crops and strengths are drawn for', counting(0), 0)
  .option('--force', 'replace a sample set that is there; never anything else')
  .action(
    action<SampleCommandOptions>(async (terminal, options) => {
      const own = options.from !== undefined;
      const sources = own ? await photosIn(resolve(terminal.root, options.from)) : packagedPhotos((await readInstallation()).samplePhotos);
      const record = await makeSampleSet({
        sources: sources.slice(0, options.scenes),
        into: resolve(terminal.root, options.into),
        crops: options.crops ?? (own ? OWN_CROPS : QUICKSTART_SAMPLE.crops),
        kinds: options.kinds ?? (own ? DEGRADATION_KINDS : QUICKSTART_SAMPLE.kinds),
        seed: options.seed,
        force: options.force === true,
        onScene: (done, total) => terminal.note(`${done} of ${total} photos`),
      });
      for (const { source, reason } of record.skipped) terminal.note(`skipped: ${source} ${reason}`);
      const pairs = record.scenes.reduce((sum, scene) => sum + scene.pairs.length, 0);
      const facts = {
        into: options.into,
        scenes: record.scenes.length,
        pairs,
        synthetic: true,
        seed: record.seed,
        skipped: record.skipped,
      };
      terminal.answer(facts, `${pairs} synthetic pairs of ${record.scenes.length} scenes in ${options.into}; next: emo-aen splits --lock`);
    }),
  );

function counting(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < least) throw new InvalidArgumentError(`a whole number from ${least} on is needed`);
    return number;
  };
}

function kindsOf(text: string): DegradationKind[] {
  return text.split(',').map((word) => {
    const kind = DegradationKind.safeParse(word.trim());
    if (kind.success) return kind.data;
    const near = nearest(word.trim(), DEGRADATION_KINDS);
    throw new InvalidArgumentError(`"${word}" is none of ${DEGRADATION_KINDS.join(', ')}${near === null ? '' : `; did you mean ${near}?`}`);
  });
}
