/** Stage 8: proves the method's checklist from the disk; a run is complete only if it is (method §8). */
import { Problem } from '../../configs/problem.js';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { Checklist } from '../../configs/schema/checklist.js';
import { auditRun } from '../../ml/checklist/audit.js';
import { checklistMarkdown } from '../../ml/checklist/markdown.js';
import { writeFileAtomically, writeJsonAtomically } from '../../ml/files/atomic.js';
import type { TaskFunction } from '../task.js';
import { readOwnLedger } from './own-ledger.js';

export const checklist: TaskFunction<SettingsOf<'checklist'>> = async (context) => {
  const { root, run, folder, signal } = context;
  const found = await auditRun(root, await readOwnLedger(root, run), {
    signal,
    onPhoto: (done, total) => context.progress({ message: 'hashing photos again', done, total, unit: 'photos' }),
  });
  const path = await context.file('runs', folder, 'checklist.json');
  await writeJsonAtomically(path, Checklist.parse(found));
  await writeFileAtomically(await context.file('runs', folder, 'checklist.md'), checklistMarkdown(found));
  const open = found.items.filter(({ done }) => !done);
  if (open.length > 0)
    throw new Problem({
      code: 'CHECKLIST_INCOMPLETE',
      message: open.map(({ id, missing }) => `${id}: ${missing.join('; ')}`).join('\n  '),
      where: `runs/${folder}/checklist.md`,
      cure: `mend what is missing, then: emo-aen retry ${run}`,
    });
  const { archive } = context.settings;
  return {
    artifacts: [{ name: 'checklist', path }],
    summary: { complete: true, items: found.items.length, logs: archive.mode === 'online' ? 'uploaded' : 'offline, not uploaded' },
  };
};
