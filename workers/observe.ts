/** Asks for the standing of a run: the workflow if a worker can answer for it, else the ledger that it keeps on disk. */
import { Problem, type ProblemCode } from '../configs/problem.js';
import { Ledger } from '../configs/schema/ledger.js';
import { workflowIdOf } from '../workflows/names.js';
import type { Remembered } from '../workflows/memory.js';
import { nearest } from '../configs/load/nearest.js';
import { damagedLedger, lookForLedger, readLedgers } from './candidates.js';
import type { Found } from '../ml/files/record.js';
import { inMs } from './deadline.js';
import { keyFault } from './key-fault.js';
import { ledgerFault } from './ledger-fault.js';
import { describeRun, type Described } from './pending.js';
import { hasEnded, reportOf, type RunStatus } from './report.js';
import { KEY_VARIABLE } from './project/project.js';
import { unsealedAnswer } from './project/unsealed.js';
import type { TemporalLink } from './temporal.js';
import { unattendedTasks } from './unattended.js';

/** Problems of the server and of who answers there: the file on disk tells the run's standing as well. */
const FILE_SERVES: ReadonlySet<ProblemCode> = new Set(['UNREACHABLE', 'UNSEALED']);

/** Longest that a worker may take to answer before the file answers instead. */
const ANSWER_MS = 1_500;

/**
 * The standing of `run`. A run that has ended is read from its file alone: no server need run for it. `link` is asked for only
 * when it is needed.
 * @throws Problem NOT_FOUND where neither server nor disk knows the run; UNREACHABLE where there is no file either.
 */
export async function observe(root: string, run: string, link: () => Promise<TemporalLink>): Promise<RunStatus> {
  const found = await lookForLedger(root, run);
  const file = found.is === 'sound' ? found.value : null;
  if (file !== null && hasEnded(file)) return reportOf(file, [], 'ledger file', null);
  return withLedgerFault(root, await observeOpen(root, run, link, found));
}

async function observeOpen(root: string, run: string, link: () => Promise<TemporalLink>, found: Found<Ledger>): Promise<RunStatus> {
  const file = found.is === 'sound' ? found.value : null;
  try {
    return await askServer(await link(), run, file, root);
  } catch (error) {
    if (found.is === 'damaged' && error instanceof Problem) throw damagedLedger(root, run, found.why);
    if (file === null || !(error instanceof Problem) || !FILE_SERVES.has(error.code)) throw error;
    return reportOf(file, [], 'ledger file', `as last written: ${error.message}`);
  }
}

/** Says where the ledger of an open run cannot be written, with the cure. */
async function withLedgerFault(root: string, report: RunStatus): Promise<RunStatus> {
  const fault = hasEnded(report) ? null : await ledgerFault(root, report.run);
  if (fault === null) return report;
  const words = `the ledger of this run cannot be written, and is tried again until it can: ${fault.describe()}`;
  return { ...report, remark: report.remark === null ? words : `${report.remark}\n${words}` };
}

/** The ledger of a run that has not ended, from the workflow; null where no worker answers for it in time. */
export async function queryLedger(link: TemporalLink, run: string): Promise<Ledger | null> {
  const ledger = Ledger.safeParse(await query(link, run, 'ledger'));
  return ledger.success ? ledger.data : null;
}

/** What the run remembers beside its ledger; null as for {@link queryLedger}. */
export async function queryRemembered(link: TemporalLink, run: string): Promise<Remembered | null> {
  return (await query(link, run, 'remembered')) as Remembered | null;
}

/** Every question to the server has a limit of its own, so that a command which reads ends within 5 s. */
function within<Answer>({ connection }: TemporalLink, ask: () => Promise<Answer>): Promise<Answer> {
  return connection.withDeadline(inMs(ANSWER_MS), ask);
}

async function query(link: TemporalLink, run: string, name: string): Promise<unknown> {
  const handle = link.client.workflow.getHandle(workflowIdOf(link.project.id, run));
  const answer = await within(link, () => handle.query<unknown>(name)).catch(() => null); // no worker, or none of this version: the caller says so, or reads the file
  if (typeof answer === 'string') throw unsealedAnswer(`run ${run}`);
  return answer;
}

async function askServer(link: TemporalLink, run: string, file: Ledger | null, root: string): Promise<RunStatus> {
  const [described, ledger] = await Promise.all([describe(link, run), queryLedger(link, run)]);
  if (described === null) {
    if (file === null) throw await unknownRun(root, run);
    return reportOf(file, [], 'ledger file', 'as last written: the Temporal server does not know this run');
  }
  const known = ledger ?? file;
  const missed = known === null ? undefined : await within(link, () => unattendedTasks(root, link, known, described.pending));
  if (ledger !== null) return closedOtherwise(reportOf(ledger, described.pending, 'workflow', null, missed), described);
  const fault = await within(link, () => keyFault(root, link, 'cpu'));
  if (file === null) {
    if (described.status === 'FAILED') throw await within(link, () => failedAtOnce(link, run));
    const message = `run ${run} has begun, but no worker answers for it`;
    const { code, message: why, cure } = fault ?? { code: 'UNREACHABLE', message: null, cure: 'emo-aen up' };
    throw new Problem({ code, message: why === null ? message : `${message}: ${why}`, ...(cure === undefined ? {} : { cure }) });
  }
  const why = fault === null ? 'no worker answers (emo-aen up starts them)' : fault.describe();
  return closedOtherwise(reportOf(file, described.pending, 'ledger file', `as last written: ${why}`, missed), described);
}

/** Why a run failed before it kept a ledger. The words of the failure itself are not sealed: only its type is looked at. */
async function failedAtOnce({ client, project }: TemporalLink, run: string): Promise<Problem> {
  const failure: unknown = await client.workflow
    .getHandle(workflowIdOf(project.id, run))
    .result()
    .catch((error: unknown) => error);
  const cause = failure instanceof Error ? failure.cause : null;
  if (cause instanceof Error && 'type' in cause && cause.type === 'UNSEALED') {
    const message = `run ${run} ended at once: the worker that took it does not have this project's key`;
    const cure = `set the same ${KEY_VARIABLE} there as here, then there: emo-aen up; then here: emo-aen run (docs/security.md)`;
    return new Problem({ code: 'UNSEALED', message, cure, cause });
  }
  const message = `run ${run} failed before it kept a ledger`;
  return new Problem({ code: 'CONFLICT', message, cure: '.emo-aen/logs/cpu.log says why; then emo-aen run', cause: failure });
}

/** A run that Temporal ended against its will: terminated, timed out, failed. */
function closedOtherwise(report: RunStatus, { status }: Described): RunStatus {
  if (hasEnded(report) || status === 'RUNNING' || status === 'COMPLETED' || status === 'CANCELLED') return report;
  return {
    ...report,
    state: 'failed',
    remark: `Temporal ended it: ${status.toLowerCase()}; start from it with emo-aen run --from-run ${report.run}`,
  };
}

async function describe(link: TemporalLink, run: string): Promise<Described | null> {
  const { client, address, project } = link;
  try {
    return await within(link, () => describeRun(client, workflowIdOf(project.id, run)));
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return null;
    const message = `the Temporal server at ${address} no longer answers`;
    throw new Problem({ code: 'UNREACHABLE', message, cure: 'emo-aen up', cause: error });
  }
}

export async function unknownRun(root: string, run: string): Promise<Problem> {
  const close = nearest(
    run,
    (await readLedgers(root)).map((ledger) => ledger.run),
  );
  return new Problem({
    code: 'NOT_FOUND',
    message: `there is no run ${run}`,
    cure: close === null ? 'emo-aen runs lists them' : `did you mean ${close}?`,
  });
}
