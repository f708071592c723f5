/** `emo-aen splits`: proposes which folder is for training, validation or test, and locks it to the photos as they are. */
import { resolve } from 'node:path';
import type { Assignments } from '../configs/schema/splits.js';
import { visible } from '../ml/images/names.js';
import { proposeForSet, type SplitsProposal } from '../ml/images/propose.js';
import { lockSplits } from '../ml/images/splits-file.js';
import { action, command, EXIT } from './command.js';
import { datasetSettings } from './dataset-settings.js';
import { withPipelineOptions, type PipelineOptions } from './pipeline-options.js';

interface SplitsOptions extends PipelineOptions {
  readonly lock?: boolean;
  readonly verify?: boolean;
  readonly fresh?: boolean;
  readonly seed?: string;
}

export const splitsCommand = withPipelineOptions(command('splits', 'propose splits by folder, and lock them with the hash of the set'))
  .option('--lock', 'write the splits file: what it says is kept, other folders get a split, the hash is renewed')
  .option('--verify', 'only say whether the file is locked to the photos as they are (exit code 1 where not)')
  .option('--fresh', 'propose anew instead of keeping what the file says')
  .option('--seed <n>', 'of the proposal; splits.seed of the settings otherwise')
  .action(
    action<SplitsOptions>(async (terminal, options) => {
      const seed = options.seed === undefined ? [] : [`dataset.splits.seed=${options.seed}`];
      const settings = await datasetSettings(terminal.root, { ...options, set: [...options.set, ...seed] });
      const proposal = await proposeForSet({ root: terminal.root, settings, fresh: options.fresh === true });
      const file = settings.splits.file;
      if (options.verify === true) {
        const verified = proposal.state === 'locked' && proposal.added.length === 0 && proposal.gone.length === 0;
        terminal.answer(
          { verified, file, ...proposal },
          verified ? `${file} is locked to these photos` : standing(file, proposal).join('\n'),
        );
        return verified ? EXIT.done : EXIT.failed;
      }
      const locked = options.lock === true;
      if (locked) await lockSplits(resolve(terminal.root, file), proposal);
      const closing = locked ? `${file} is locked to the set ${proposal.datasetHash}` : `nothing was written: --lock writes ${file}`;
      terminal.answer({ locked, file, ...proposal }, [...table(proposal.splits), ...standing(file, proposal, locked), closing].join('\n'));
      return EXIT.done;
    }),
  );

function table(splits: Assignments): string[] {
  return Object.entries(splits).map(([folder, split]) => {
    const words = typeof split === 'string' ? split : Object.entries(split).map(([name, stems]) => `${name} ${stems.length}`);
    return `${visible(folder)}: ${typeof words === 'string' ? words : words.join(', ')}`;
  });
}

/** How the file stands to the photos; where it has just been locked, only what that changed. */
function standing(file: string, { state, added, gone }: SplitsProposal, locked = false): string[] {
  const rows: readonly (readonly [boolean, string])[] = [
    [!locked && state === 'missing', `${file} is not there`],
    [!locked && state === 'unlocked', `${file} is not locked`],
    [!locked && state === 'locked to another set', `${file} is locked to another set of photos than lies here`],
    [state !== 'missing' && added.length > 0, `without a split in ${file}: ${added.map(visible).join(', ')}`],
    [gone.length > 0, `in ${file} and not among the photos: ${gone.map(visible).join(', ')}`],
  ];
  return rows.flatMap(([holds, words]) => (holds ? [words] : []));
}
