/** Stage 8: documents the run in the changelog of models (method §6.4). Done again, it replaces the run's own entry and nothing else. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { ChangelogRecord } from '../../configs/schema/changelog.js';
import { Evaluation, Parity } from '../../configs/schema/evaluation.js';
import type { Ledger } from '../../configs/schema/ledger.js';
import { Manifest } from '../../configs/schema/manifest.js';
import type { SettingsFile } from '../../configs/schema/plan.js';
import { changelogEntry } from '../../ml/changelog/entry.js';
import { enterInChangelog } from '../../ml/changelog/enter.js';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { settingBelow } from '../../ml/files/place.js';
import type { TaskContext, TaskFunction } from '../task.js';
import { needRecord } from '../../ml/files/record.js';
import { readOwnLedger } from './own-ledger.js';

type Context = TaskContext<SettingsOf<'changelog'>>;

export const changelog: TaskFunction<SettingsOf<'changelog'>> = async (context) => {
  const { run, root } = context;
  const { file } = context.settings.changelog;
  // Refused before the work begins: the schema sees where the text leads, this where links lead.
  await settingBelow(root, file, { where: file, cure: 'set changelog.file to a file below the project root, with no link out of it' });
  const manifest = await read(context, 'version-manifest', Manifest);
  const ledger = await readOwnLedger(root, run);
  const settings = settingsFilesOf(ledger);
  const overrides = ledger.events.flatMap((event) => event.overrides);
  const entry = changelogEntry({
    manifest,
    evaluation: await read(context, 'evaluation', Evaluation),
    parity: await read(context, 'parity', Parity),
    settings,
    overrides,
  });
  const path = await context.file(file);
  await enterInChangelog({ root, path, file }, run, entry, context.signal);
  const sha256 = createHash('sha256').update(entry).digest('hex');
  const record = await context.file('runs', context.folder, 'changelog.json');
  const { datasetHash } = manifest;
  await writeJsonAtomically(record, ChangelogRecord.parse({ version: 1, run, file, entry, sha256, datasetHash, settings }));
  return { artifacts: [{ name: 'changelog-entry', path: record }], summary: { file, version: manifest.version } };
};

/** Every settings file of the run once, sorted by path. */
function settingsFilesOf({ tasks }: Ledger): SettingsFile[] {
  const files = new Map(tasks.flatMap(({ plan }) => plan.settingsFiles).map((file) => [file.path, file]));
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function read<Value>(context: Context, name: string, schema: z.ZodType<Value>): Promise<Value> {
  return needRecord(context.artifact(name), schema, { cure: `emo-aen retry ${context.run}` });
}
