/** Whether an archive of logs is what its record says, told from the files as they are now. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Problem } from '../../configs/problem.js';
import type { LogArchive } from '../../configs/schema/log-archive.js';
import { short } from '../checklist/words.js';
import { hashFile } from '../files/atomic.js';
import { readMetricsRows, type MetricsRow } from './metrics-rows.js';
import { readWandbRun } from './wandb-file.js';

export interface Proof {
  readonly evidence: readonly string[];
  readonly missing: readonly string[];
}

/** @param root absolute project root. Each sentence names a file or a figure. */
export async function proveArchive(root: string, archive: LogArchive): Promise<Proof> {
  const rows = await rowsOf(root, archive);
  if (typeof rows === 'string') return { evidence: [], missing: [rows] };
  const held = `${archive.metrics.path} holds ${rows.length} rows`;
  if (rows.length !== archive.rows)
    return { evidence: [held], missing: [`the archive holds ${archive.rows} rows, the metrics file ${rows.length}`] };
  const proof = archive.mode === 'online' ? proveUpload(archive) : await proveOffline(root, archive, rows);
  return { evidence: [held, ...proof.evidence], missing: proof.missing };
}

function proveUpload({ uploaded, url, rows, project }: LogArchive): Proof {
  if (!uploaded || url === null) return { evidence: [], missing: ['the upload was never confirmed'] };
  return { evidence: [`${rows} rows confirmed by W&B in project ${project}: ${url}`], missing: [] };
}

async function proveOffline(root: string, { file, runId, project }: LogArchive, rows: readonly MetricsRow[]): Promise<Proof> {
  if (file === null) return { evidence: [], missing: ['the archive names no offline run'] };
  const fault = (message: string): Proof => ({ evidence: [], missing: [message] });
  const path = join(root, file.path);
  if (!(await isFile(path))) return fault(`${file.path} is gone`);
  try {
    const run = await readWandbRun(path);
    if (run.runId !== runId || run.project !== project)
      return fault(`${file.path} is run ${run.runId} of project ${run.project}, not ${runId} of ${project}`);
    const other = rows.findIndex((row, index) => !isDeepStrictEqual(flat(row), run.rows[index]));
    if (run.rows.length !== rows.length)
      return fault(
        `${file.path} holds ${run.rows.length} rows, the metrics file ${rows.length}${other < 0 ? '' : `: they part at row ${other + 1}`}`,
      );
    if (other >= 0) return fault(`${file.path} differs from the metrics file in row ${other + 1}`);
    if (!run.finished) return fault(`${file.path} was never finished`);
  } catch (error) {
    return fault(`${file.path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const now = await hashFile(path);
  if (now.sha256 !== file.sha256) return fault(`${file.path} was altered: its sha256 was ${short(file.sha256)}, is ${short(now.sha256)}`);
  return { evidence: [`${file.path} holds the same ${rows.length} rows, read back one by one (offline, not uploaded)`], missing: [] };
}

/** The rows, or what is wrong with their file. */
async function rowsOf(root: string, { metrics, rows: archived }: LogArchive): Promise<readonly MetricsRow[] | string> {
  const path = join(root, metrics.path);
  if (!(await isFile(path))) return `${metrics.path} is gone: it held the ${archived} rows that were archived`;
  const { sha256 } = await hashFile(path);
  try {
    const rows = await readMetricsRows(path);
    if (sha256 === metrics.sha256) return rows;
    const [then, now] = [metrics.sha256, sha256].map((digest) => `sha256 ${short(digest)}`);
    return `${metrics.path} is not the file that was archived: it had ${archived} rows, ${then}; it has ${rows.length} rows, ${now}`;
  } catch (error) {
    if (error instanceof Problem) return `${metrics.path}${(error.where ?? '').slice(path.length)}: ${error.message}`;
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** W&B stores what is nested under dotted keys. */
function flat(row: MetricsRow, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([key, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(flat(value as MetricsRow, `${prefix}${key}.`))
        : [[`${prefix}${key}`, value]],
    ),
  );
}
