/** `emo-aen rank`: scores photos with the published model, best first. */
import { join, resolve } from 'node:path';
import { Problem } from '../configs/problem.js';
import type { Manifest, ManifestFile } from '../configs/schema/manifest.js';
import { findPhotos } from '../ml/bundle/find-photos.js';
import { MANIFEST } from '../ml/bundle/layout.js';
import { rankingCsv } from '../ml/bundle/rank-csv.js';
import { rankingPage } from '../ml/bundle/rank-page.js';
import { rankPhotos, type RankedPhoto, type Ranking } from '../ml/bundle/rank.js';
import { publishedFile, readManifest, readPublished } from '../ml/bundle/read.js';
import { writeFileAtomically } from '../ml/files/atomic.js';
import { visible } from '../ml/images/names.js';
import { action, command, EXIT, type Terminal } from './command.js';
import { teller } from './teller.js';

interface RankOptions {
  readonly int8?: boolean;
  readonly model?: string;
  readonly top?: string;
  readonly csv?: string;
  readonly html?: string;
}

export const rankCommand = command('rank <photo...>', 'score photos, or all photos in folders, with the published model: best first')
  .option('--int8', 'use the INT8 model instead of the one for native runtimes, FP32')
  .option('--model <dir>', 'folder of the published bundle (default: models in the project root)')
  .option('--top <number>', 'show and write only so many, the best ones')
  .option('--csv <file>', 'write the ranking as comma-separated values')
  .option('--html <file>', 'write the ranking as one HTML page with pictures')
  .action(
    action<RankOptions>(async (terminal, options, args) => {
      const top = options.top === undefined ? Infinity : topOf(options.top);
      const directory = options.model === undefined ? join(terminal.root, 'models') : resolve(options.model);
      const manifest = await readManifest(directory);
      const file = publishedFile(directory, manifest, options.int8 === true ? { name: 'int8' } : { runtime: 'native' });
      const model = await readPublished(directory, file);
      const found = await findPhotos(args);
      const { scores, close } = file;
      const tell = teller(terminal);
      const ranked = await rankPhotos({
        model,
        preprocessing: manifest.input.preprocessing,
        scores,
        close,
        files: found.files,
        done: (done) => tell(done, found.files.length),
      });
      const refused = [...found.refused, ...ranked.refused];
      for (const { problem } of refused) terminal.note(`error: ${problem.describe()}`);
      const ranking = { photos: ranked.photos.slice(0, top), refused };
      await write(terminal, options, ranking, { manifest, file });
      terminal.answer(
        {
          model: {
            manifest: join(directory, MANIFEST),
            version: manifest.version,
            run: manifest.run,
            file: file.name,
            synthetic: manifest.synthetic,
          },
          ranked: ranked.photos.length,
          close,
          photos: ranking.photos,
          refused: refused.map(({ file, problem }) => ({ file, ...problem.toJSON() })),
        },
        [...ranking.photos.map(lineOf), ...footnote(ranking, file)].join('\n'),
      );
      return refused.length > 0 ? EXIT.failed : EXIT.done;
    }),
  );

function topOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Problem({
    code: 'USAGE',
    message: `${text} is no number of photos`,
    where: '--top',
    cure: 'give a whole number from 1, such as 20',
  });
}

async function write(
  { note }: Terminal,
  { csv, html }: RankOptions,
  ranking: Ranking,
  { manifest, file: measure }: { readonly manifest: Manifest; readonly file: ManifestFile },
): Promise<void> {
  if (csv !== undefined) await writeFileAtomically(resolve(csv), rankingCsv(ranking.photos));
  if (html !== undefined) await writeFileAtomically(resolve(html), await rankingPage(ranking, manifest, measure));
  for (const file of [csv, html]) if (file !== undefined) note(`the ranking is in ${file}`);
}

function lineOf({ file, score, percentile, closeToPrevious }: RankedPhoto): string {
  const share = percentile === null ? '' : `  ${percentile.toFixed(0).padStart(3)} %`;
  return `${score.toFixed(4).padStart(7)}${share} ${closeToPrevious ? '≈' : ' '} ${visible(file)}`;
}

/** What the marks mean, where there are any. */
function footnote({ photos }: Ranking, { close }: ManifestFile): string[] {
  if (close === null || !photos.some(({ closeToPrevious }) => closeToPrevious)) return [];
  return [
    '',
    `≈ less than ${close.margin.toFixed(3)} below the photo before it: such an order is right in less than ${100 * close.rightShare} % of pairs`,
  ];
}
