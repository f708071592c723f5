/** All that pipelines of a project can name: the product's activities and the project's own. */
import { Problem } from '../../configs/problem.js';
import { BUILT_IN, type BrokenActivity, type Catalog, type CatalogEntry } from '../../configs/schema/catalog.js';
import { TaskName } from '../../configs/schema/names.js';
import { codeOf, findOwn, type OwnFolder } from './find.js';
import { loadOwn } from './load.js';

/** Own activities are read from disk as they are now. One that cannot be used is among `broken`, with the reason. */
export async function projectCatalog(root: string): Promise<Catalog> {
  const activities = new Map(BUILT_IN.activities);
  const kinds = new Map(BUILT_IN.kinds);
  const broken = new Map<string, BrokenActivity>();
  for (const own of (await findOwn(root)).values()) {
    try {
      const entry = await entryOf(root, own);
      activities.set(own.name, entry);
      kinds.set(own.name, entry.settings);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      broken.set(own.name, { where: error.where ?? own.name, message: error.message, cure: error.cure ?? '' });
    }
  }
  return { activities, kinds, broken };
}

async function entryOf(root: string, own: OwnFolder): Promise<CatalogEntry> {
  insistOnName(own);
  const code = await codeOf(own);
  const { stage, version, settings, outside, reads, mayRead, provides } = await loadOwn(root, own, code);
  return { stage, version, code, kind: own.name, settings, outside, reads, mayRead, provides, once: null };
}

function insistOnName({ name }: OwnFolder): void {
  const where = `activities/${name}`;
  if (!TaskName.safeParse(name).success) {
    const message = 'the folder of an activity is named in lower-case letters, digits and dashes, beginning with a letter';
    throw new Problem({ code: 'CONFIGURATION', message, where, cure: 'rename the folder' });
  }
  if (!BUILT_IN.activities.has(name) && !BUILT_IN.kinds.has(name)) return;
  const message = `${name} is the name of ${BUILT_IN.activities.has(name) ? 'an activity' : 'settings'} of emo-aen`;
  throw new Problem({ code: 'CONFLICT', message, where, cure: 'rename the folder' });
}
