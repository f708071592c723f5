/** What others say of the cases: Pillow, imagehash, cleanvision and fastdup, from Python environments of their own. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { lastWords, runJson } from '../measure.js';
import type { Peer, PeerGroup } from '../peers.js';
import { PHOTO_ROOT } from './kinds.js';
import type { Case } from './make.js';

/** Columns of the table. */
export const OTHERS = ['Pillow `verify`', 'Pillow `load`', 'imagehash', 'cleanvision', 'fastdup'] as const;

/** Each script prints, for each case, what its columns say: true where it tells what is wrong, null where it is not asked. */
const Answer = z.object({ cases: z.array(z.record(z.string(), z.boolean().nullable())), versions: z.record(z.string(), z.string()) });

const scriptOf = (name: string): string => fileURLToPath(new URL(`../../../bench/finds/${name}`, import.meta.url));
const SCRIPTS: Readonly<Partial<Record<PeerGroup, string>>> = { photos: scriptOf('peers.py'), fastdup: scriptOf('fastdup_peer.py') };

export interface Said {
  /** By case and column. */
  readonly said: ReadonlyMap<Case, Readonly<Record<string, boolean | null>>>;
  /** By environment: why it could not be asked. */
  readonly missing: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
}

/** Bits of 64 that the hashes of a copy may differ by for imagehash to have found it: the audit's own setting. */
const NEAR = 4;
const PHOTO = /\.(jpg|png|webp|tiff|avif|heic)$/;

/** None of them says anything of the faults of a whole set, of scores or of folders. @param folder absolute, for what the scripts need */
export async function askOthers(peerOf: (group: PeerGroup) => Promise<Peer>, made: readonly Case[], folder: string): Promise<Said> {
  const asked = made.filter(({ kind, named }) => kind.apart !== true && PHOTO.test(named[0] ?? ''));
  const root = join(asked[0]?.root ?? folder, PHOTO_ROOT);
  const pathOf = (file: string | undefined): string | null => (file === undefined ? null : join(root, file));
  const cases = asked.map(({ kind, named, copy }) => ({ path: pathOf(named[0]), copy: pathOf(copy), issues: kind.cleanvision ?? [] }));
  const job = join(folder, 'others.json');
  await mkdir(folder, { recursive: true });
  await writeFile(job, JSON.stringify({ root, near: NEAR, cases }));
  const said = new Map<Case, Record<string, boolean | null>>(asked.map((each) => [each, {}]));
  const missing: Record<string, string> = {};
  const versions: Record<string, string> = {};
  for (const [group, script] of Object.entries(SCRIPTS) as [PeerGroup, string][]) {
    try {
      const peer = await peerOf(group);
      if (peer.python === null) {
        missing[group] = peer.why;
        continue;
      }
      const answer = Answer.parse(await runJson(peer.python, [script, job, join(folder, group)]));
      Object.assign(versions, answer.versions);
      asked.forEach((each, index) => Object.assign(said.get(each) ?? {}, answer.cases[index]));
    } catch (error) {
      missing[group] = `failed: ${lastWords(error)}`;
    }
  }
  return { said, missing, versions };
}
