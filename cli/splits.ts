/** `emo-aen splits`: proposes which folder is for training, validation or test, and locks it to the photos as they are. */
import type { Assignments } from '../configs/schema/splits.js';
import { visible } from '../ml/images/names.js';
import { proposeForSet, type SplitsProposal } from '../ml/images/propose.js';
import { changeWords } from '../ml/images/set-changes.js';
import { lockSplits } from '../ml/images/splits-file.js';
import { compareWithFile, type Standing } from '../ml/images/splits-standing.js';
import { action, command, EXIT, type ExitCode, type Terminal } from './command.js';
import { datasetSettings } from './dataset-settings.js';
import { withPipelineOptions, type PipelineOptions } from './pipeline-options.js';

interface SplitsOptions extends PipelineOptions {
  readonly lock?: boolean;
  readonly verify?: boolean;
  readonly fresh?: boolean;
  readonly seed?: string;
}

/** Photos between two progress lines. */
const TOLD_EVERY = 100;

export const splitsCommand = withPipelineOptions(
  command('splits', 'propose splits by folder, folders that share photos in one, and lock them with the hash of the set'),
)
  .option('--lock', 'write the splits file: what it says is kept, other folders get a split, the hash is renewed')
  .option('--verify', 'only say whether the file is locked to the photos as they are, and what changed (exit code 1 where not)')
  .option('--fresh', 'propose anew instead of keeping what the file says')
  .option('--seed <n>', 'of the proposal; splits.seed of the settings otherwise')
  .action(
    action<SplitsOptions>(async (terminal, options) => {
      const seed = options.seed === undefined ? [] : [`dataset.splits.seed=${options.seed}`];
      const settings = await datasetSettings(terminal.root, { ...options, set: [...options.set, ...seed] });
      const set = { root: terminal.root, settings, onForgetful: terminal.note };
      const { file } = settings.splits;
      if (options.verify === true) return verify(terminal, file, (await compareWithFile(set)).standing);
      const proposal = await proposeForSet({
        ...set,
        fresh: options.fresh === true,
        onPhoto: (done, total) => {
          if (done % TOLD_EVERY === 0 && done < total) terminal.note(`looked at ${done} of ${total} photos`);
        },
      });
      const locked = options.lock === true;
      if (locked) await lockSplits(terminal.root, file, proposal);
      const closing = locked ? `${file} is locked to the set ${proposal.datasetHash}` : `nothing was written: --lock writes ${file}`;
      const lines = [...table(proposal.splits), ...balance(proposal), ...standingWords(file, proposal, locked), closing];
      terminal.answer({ locked, file, ...proposal }, lines.join('\n'));
      return EXIT.done;
    }),
  );

function verify(terminal: Terminal, file: string, standing: Standing): ExitCode {
  const verified = standing.state === 'locked' && standing.added.length === 0 && standing.gone.length === 0;
  const words = verified ? [`${file} is locked to these photos`] : standingWords(file, standing);
  terminal.answer({ verified, file, ...standing }, words.join('\n'));
  return verified ? EXIT.done : EXIT.failed;
}

function table(splits: Assignments): string[] {
  return Object.entries(splits).map(([folder, split]) => {
    const words = typeof split === 'string' ? split : Object.entries(split).map(([name, stems]) => `${name} ${stems.length}`);
    return `${visible(folder)}: ${typeof words === 'string' ? words : words.join(', ')}`;
  });
}

/** What each split gets, which folders could not be parted, and why shares are missed. */
function balance({ shares, together, oversized }: SplitsProposal): string[] {
  const names = (folders: readonly string[]): string => folders.map((folder) => `"${visible(folder)}"`).join(', ');
  return [
    ...Object.entries(shares).map(
      ([split, { folders, pairs, share, wanted }]) =>
        `${split}: folders ${folders}, pairs ${pairs}, ${percent(share)} of all (wanted: ${percent(wanted)})`,
    ),
    ...together.map((folders) => `in one split, because they share photos: ${names(folders)}`),
    ...oversized.map(
      ({ folders, share }) =>
        `the shares cannot be met: ${names(folders)} alone ${folders.length === 1 ? 'has' : 'have'} ${percent(share)} of the pairs`,
    ),
  ];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** How the file stands to the photos; where it has just been locked, only what that changed. */
function standingWords(file: string, { state, added, gone, changes }: Standing, locked = false): string[] {
  const other = state === 'locked to another set';
  const rows: readonly (readonly [boolean, string])[] = [
    [!locked && state === 'missing', `${file} is not there`],
    [!locked && state === 'unlocked', `${file} is not locked`],
    [!locked && other, `${file} is locked to another set of photos than lies here`],
    [state !== 'missing' && added.length > 0, `without a split in ${file}: ${added.map(visible).join(', ')}`],
    [gone.length > 0, `in ${file} and not among the photos: ${gone.map(visible).join(', ')}`],
  ];
  const changed = other ? changeWords(changes).map(visible) : [];
  return [...rows.flatMap(([holds, words]) => (holds ? [words] : [])), ...changed];
}
