/** `emo-aen audit`: looks at the photo set as stage 2 does, without a run. */
import { auditPhotos } from '../ml/images/audit.js';
import { visible } from '../ml/images/names.js';
import { reportLines, verdict } from '../ml/images/report.js';
import { action, command, EXIT } from './command.js';
import { datasetSettings } from './dataset-settings.js';
import { withPipelineOptions, type PipelineOptions } from './pipeline-options.js';

/** Findings on a terminal; `--json` has them all. */
const SHOWN = 40;
/** Photos between two progress lines. */
const TOLD_EVERY = 100;

export const auditCommand = withPipelineOptions(
  command('audit', 'name everything that is wrong with the photo set; a photo that changed is decoded as a whole'),
).action(
  action<PipelineOptions>(async (terminal, options) => {
    const settings = await datasetSettings(terminal.root, options);
    const { report } = await auditPhotos({
      root: terminal.root,
      settings,
      onForgetful: terminal.note,
      onWaiting: (file, seconds) => terminal.note(`waiting for ${visible(file)} since ${seconds} s`),
      onPhoto: (done, total) => {
        if (done % TOLD_EVERY === 0 && done < total) terminal.note(`${done} of ${total} photos`);
      },
    });
    const hash = report.hash === null ? [] : [`dataset hash ${report.hash}`];
    terminal.answer(report, [...reportLines(report, SHOWN), ...hash, verdict(report)].join('\n'));
    return report.ok ? EXIT.done : EXIT.failed;
  }),
);
