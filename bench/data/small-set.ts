/** A set of many small photos, made by two processes. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../measure.js';

const MAKER = fileURLToPath(new URL('our-small-photos.js', import.meta.url));
const PROCESSES = 2;

/** Photos of a folder, half of them good. */
export const OF_A_FOLDER = 100;

/** @param root of the project: emptied before @param count of photos, a multiple of 100 from 300 on @param photos folder that they are made from */
export async function makeSmallSet(root: string, count: number, photos: string | undefined): Promise<void> {
  await rm(root, { recursive: true, force: true });
  await mkdir(join(root, 'docs'), { recursive: true });
  const folders = Math.max(3, Math.round(count / OF_A_FOLDER));
  const each = Math.ceil(folders / PROCESSES);
  await Promise.all(
    Array.from({ length: PROCESSES }, (_, number) => {
      const [first, end] = [number * each, Math.min(folders, (number + 1) * each)];
      return runProgram(process.execPath, [
        MAKER,
        join(root, 'training_files'),
        String(first),
        String(end),
        ...(photos === undefined ? [] : [photos]),
      ]);
    }),
  );
}

/** Splits by folder, of which every tenth is for validation and another for the test. */
export async function writeSplits(root: string, count: number): Promise<void> {
  const folders = Math.max(3, Math.round(count / OF_A_FOLDER));
  const splitOf = (scene: number): string => ['val', 'test'][scene % 10] ?? 'train';
  const splits = Object.fromEntries(Array.from({ length: folders }, (_, scene) => [folderName(scene), splitOf(scene)]));
  await writeFile(join(root, 'docs', 'splits.json'), JSON.stringify(splits));
}

export const folderName = (scene: number): string => `scene-${String(scene).padStart(5, '0')}`;
