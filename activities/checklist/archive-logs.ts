/** Stage 8: archives the training logs in Weights & Biases, by upload or as a complete offline run, and proves it (method §8). */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { readInstallation } from '../../configs/load/installation.js';
import { isAbout, Problem } from '../../configs/problem.js';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { Evaluation } from '../../configs/schema/evaluation.js';
import { LogArchive } from '../../configs/schema/log-archive.js';
import { proveArchive } from '../../ml/archive/prove.js';
import { hashFile, writeJsonAtomically } from '../../ml/files/atomic.js';
import { makeFolder } from '../../ml/files/folders.js';
import type { TaskContext, TaskFunction } from '../task.js';
import { needRecord } from '../../ml/files/record.js';
import { runWandb } from './wandb.js';

type Context = TaskContext<SettingsOf<'archive-logs'>>;

const CONFIRM_SECONDS = 120;

export const archiveLogs: TaskFunction<SettingsOf<'archive-logs'>> = async (context) => {
  const { mode, project } = context.settings.archive;
  if (mode === 'online' && !process.env['WANDB_API_KEY'])
    throw new Problem({
      code: 'ENVIRONMENT',
      message: 'archive.mode is online, and there is no key for Weights & Biases',
      where: 'archive.mode',
      cure: 'set WANDB_API_KEY in the environment of the cpu worker (emo-aen down, then emo-aen up), or set archive.mode: offline',
    });
  const archive = mode === 'online' ? await upload(context) : await keepOffline(context);
  const { missing } = await proveArchive(context.root, archive);
  if (missing.length > 0) throw new Error(`the archive is not what was asked for: ${missing.join('; ')}`);
  const path = await context.file('runs', context.folder, 'log-archive.json');
  await writeJsonAtomically(path, LogArchive.parse(archive));
  return {
    artifacts: [{ name: 'log-archive', path }],
    summary: { mode, project, rows: archive.rows, uploaded: archive.uploaded, where: archive.url ?? archive.file?.path ?? null },
    warnings: archive.uploaded ? [] : [`offline, not uploaded: wandb sync ${archive.file?.path} uploads it`],
  };
};

/** Uploads what W&B does not hold yet, and waits until its server has confirmed every row. */
async function upload(context: Context): Promise<LogArchive> {
  const work = await workFolder(context);
  try {
    const { rows, url } = await feed(context, work);
    return { ...(await about(context)), rows, uploaded: true, url, file: null };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A complete offline run in `wandb` beside the task's logs. wandb's own offline mode does not survive a kill, so it is always built anew beside it. */
async function keepOffline(context: Context): Promise<LogArchive> {
  const work = await workFolder(context);
  try {
    const { rows } = await feed(context, work);
    const home = await context.file('logs', context.folder, 'wandb');
    const old = `${home}.tmp-old-${randomBytes(4).toString('hex')}`;
    await rename(home, old).catch(ignoreAbsence);
    await rename(join(work, 'wandb'), home);
    await rm(old, { recursive: true, force: true });
    const file = await offlineFile(home);
    const path = relative(context.root, file).split(sep).join('/');
    return { ...(await about(context)), rows, uploaded: false, url: null, file: { path, ...(await hashFile(file)) } };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function feed(context: Context, folder: string): ReturnType<typeof runWandb> {
  const { mode, project } = context.settings.archive;
  const { python } = await readInstallation();
  const evaluation = await needRecord(context.artifact('evaluation'), Evaluation, { cure: `emo-aen retry ${context.run}` });
  const { pairwiseAccuracy, kendallTauB, loss, weights } = evaluation;
  return runWandb(
    {
      mode,
      project,
      run: context.folder,
      runId: runIdOf(context),
      metrics: context.artifact('metrics'),
      folder,
      config: { run: context.folder, metricsSha256: context.digest('metrics'), weights },
      summary: { testPairwiseAccuracy: pairwiseAccuracy.value, testKendallTauB: kendallTauB, testLoss: loss.value },
      confirmSeconds: CONFIRM_SECONDS,
    },
    {
      python: python.executable,
      signal: context.signal,
      onRows: (done) => context.progress({ message: 'archiving logs', done, unit: 'rows' }),
    },
  );
}

async function about(context: Context): Promise<Pick<LogArchive, 'version' | 'mode' | 'project' | 'run' | 'runId' | 'metrics'>> {
  const { mode, project } = context.settings.archive;
  const path = relative(context.root, context.artifact('metrics')).split(sep).join('/');
  return { version: 1, mode, project, run: context.folder, runId: runIdOf(context), metrics: { path, sha256: context.digest('metrics') } };
}

/**
 * The same rows of the same run, or leg, are never two runs in W&B; a run that was trained again is another one, because W&B can only
 * add to what it holds.
 */
function runIdOf({ settings, folder, digest }: Context): string {
  return createHash('sha256')
    .update(JSON.stringify([settings.archive.project, folder, digest('metrics')]))
    .digest('hex')
    .slice(0, 16);
}

/** A fresh folder; what a killed attempt left is removed. */
async function workFolder(context: Context): Promise<string> {
  const logs = join(context.root, 'logs', context.folder);
  await makeFolder(logs);
  for (const name of await readdir(logs)) if (name.startsWith('wandb.tmp-')) await rm(join(logs, name), { recursive: true, force: true });
  const work = join(logs, `wandb.tmp-${randomBytes(4).toString('hex')}`);
  await mkdir(work);
  return work;
}

/** The one offline run in a folder of W&B's. Its debug logs (which name places of this machine) and the links to them go. */
async function offlineFile(home: string): Promise<string> {
  const entries = await readdir(home, { withFileTypes: true });
  for (const entry of entries) if (entry.isSymbolicLink()) await rm(join(home, entry.name));
  const runs = entries.filter((entry) => entry.isDirectory());
  const [only] = runs;
  if (only === undefined || runs.length > 1) throw new Error(`W&B left ${runs.length} offline runs`);
  await rm(join(home, only.name, 'logs'), { recursive: true, force: true });
  const file = (await readdir(join(home, only.name))).find((name) => name.endsWith('.wandb'));
  if (file === undefined) throw new Error(`W&B left no .wandb file in ${only.name}`);
  return join(home, only.name, file);
}

function ignoreAbsence(error: unknown): void {
  if (!isAbout(error, 'ENOENT')) throw error;
}
