/** `emo-aen rank`: scores photos with the published model, best first. */
import { readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { Problem } from '../configs/problem.js';
import type { ManifestFile } from '../configs/schema/manifest.js';
import { rankPhotos, type RefusedPhoto } from '../ml/bundle/rank.js';
import { MANIFEST } from '../ml/bundle/layout.js';
import { readManifest, readPublished } from '../ml/bundle/read.js';
import { visible } from '../ml/images/names.js';
import { action, command, EXIT } from './command.js';

interface RankOptions {
  readonly int8?: boolean;
  readonly model?: string;
}

/** Photos between two progress lines. */
const TOLD_EVERY = 100;
/** What is taken from a folder; a file that is named is tried whatever it is called. */
const PHOTO_NAMES = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.avif', '.gif']);

export const rankCommand = command('rank <photo...>', 'score photos, or all photos of a folder, with the published model: best first')
  .option('--int8', 'use the INT8 model instead of the FP32 one')
  .option('--model <dir>', 'folder of the published bundle (default: models in the project root)')
  .action(
    action<RankOptions>(async (terminal, options, args) => {
      const directory = options.model === undefined ? join(terminal.root, 'models') : resolve(options.model);
      const manifest = await readManifest(directory);
      const name: ManifestFile['name'] = options.int8 === true ? 'int8' : 'fp32';
      const model = await readPublished(directory, manifest, name);
      const listed = await listPhotos(args);
      let told = 0;
      const ranking = await rankPhotos({
        model,
        preprocessing: manifest.input.preprocessing,
        files: listed.files,
        done: (done) => {
          if (done < told + TOLD_EVERY) return;
          told = done;
          terminal.note(`${done} of ${listed.files.length} photos`);
        },
      });
      const refused = [...listed.refused, ...ranking.refused];
      for (const { problem } of refused) terminal.note(`error: ${problem.describe()}`);
      terminal.answer(
        {
          model: {
            manifest: join(directory, MANIFEST),
            version: manifest.version,
            run: manifest.run,
            file: name,
            synthetic: manifest.synthetic,
          },
          photos: ranking.photos,
          refused: refused.map(({ file, problem }) => ({ file, ...problem.toJSON() })),
        },
        ranking.photos.map(({ file, score }) => `${score.toFixed(4).padStart(7)}  ${visible(file)}`).join('\n'),
      );
      return refused.length > 0 ? EXIT.failed : EXIT.done;
    }),
  );

/** Named files as they are, and the photos in named folders. */
async function listPhotos(paths: readonly string[]): Promise<{ files: string[]; refused: RefusedPhoto[] }> {
  const files: string[] = [];
  const refused: RefusedPhoto[] = [];
  for (const path of paths) {
    const found = await photosAt(path);
    if (found instanceof Problem) refused.push({ file: path, problem: found });
    else files.push(...found);
  }
  return { files: [...new Set(files)], refused };
}

async function photosAt(path: string): Promise<readonly string[] | Problem> {
  const where = visible(path);
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const inside = (await readdir(path, { withFileTypes: true })).filter(
      (entry) => !entry.isDirectory() && !entry.name.startsWith('.') && PHOTO_NAMES.has(extname(entry.name).toLowerCase()),
    );
    if (inside.length > 0) return inside.map((entry) => join(path, entry.name)).sort();
    return new Problem({ code: 'NOT_FOUND', message: 'the folder holds no photos', where, cure: 'name a folder with photos in it' });
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause;
    const message = cause.code === 'ENOENT' ? 'no such photo or folder' : cause.message;
    return new Problem({ code: 'NOT_FOUND', message, where, cure: 'check the path', cause });
  }
}
