/** `emo-aen audit`: looks at the photo set as stage 2 does, without a run. */
import { resolve } from 'node:path';
import type { AuditReport } from '../configs/schema/audit.js';
import type { DatasetSettings } from '../configs/schema/dataset.js';
import { writeFileAtomically } from '../ml/files/atomic.js';
import { auditPhotos } from '../ml/images/audit.js';
import { checkDestination } from '../ml/images/fix/destination.js';
import { visible } from '../ml/images/names.js';
import { reportLines } from '../ml/images/report/lines.js';
import { reportPage } from '../ml/images/report/page.js';
import { verdict } from '../ml/images/report/summary.js';
import { action, command, EXIT, type Terminal } from './command.js';
import { datasetSettings } from './dataset-settings.js';
import { copyFolder, fixAudited, type FixOptions } from './fix.js';
import { withPipelineOptions, type PipelineOptions } from './pipeline-options.js';
import { teller } from './teller.js';

interface AuditCommandOptions extends PipelineOptions, FixOptions {
  readonly html?: string;
}

export const auditCommand = withPipelineOptions(
  command('audit', 'name everything that is wrong with the photo set; a photo that changed is decoded as a whole'),
)
  .option('--fast', 'shrink photos as they are loaded: several times faster, and the report says what it cannot see')
  .option('--html <file>', 'write the report as one HTML page, relative to the project root')
  .option('--fix', 'write a corrected copy of the set to --into: upright, sRGB, 8 bits; the set itself is never changed')
  .option('--into <dir>', 'folder of the copy, relative to the project root; empty, or not there yet')
  .action(
    action<AuditCommandOptions>(async (terminal, options) => {
      const copy = copyFolder(options);
      const settings = await datasetSettings(terminal.root, options);
      if (copy !== null) await checkDestination(resolve(terminal.root, copy), resolve(terminal.root, settings.photos.root));
      const onPhoto = teller(terminal);
      const audited = await auditPhotos({
        root: terminal.root,
        settings,
        mode: options.fast === true ? 'fast' : 'full',
        onForgetful: terminal.note,
        onWaiting: (file, seconds) => terminal.note(`waiting for ${visible(file)} since ${seconds} s`),
        onPhoto,
      });
      const { report } = audited;
      if (options.html !== undefined) await writePage(terminal, options.html, report, settings);
      if (copy !== null) return fixAudited(terminal, copy, { settings, audited, onPhoto });
      const hash = report.hash === null ? [] : [`dataset hash ${report.hash}`];
      terminal.answer(report, [...reportLines(report), ...hash, verdict(report)].join('\n'));
      return report.ok ? EXIT.done : EXIT.failed;
    }),
  );

async function writePage(terminal: Terminal, file: string, report: AuditReport, { photos }: DatasetSettings): Promise<void> {
  const page = await reportPage(report, { photoRoot: resolve(terminal.root, photos.root), maxPixels: photos.maxPixels });
  await writeFileAtomically(resolve(terminal.root, file), page);
  terminal.note(`the report is in ${file}`);
}
