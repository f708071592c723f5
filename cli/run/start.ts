/** Starts a run as asked for on a command line. Apart from the command, whose help and completion need nothing of this. */
import { projectCatalog } from '../../activities/own/catalog.js';
import { DEFAULT_PIPELINE } from '../../configs/default-pipeline.js';
import { compilePlan } from '../../configs/load/compile.js';
import { parseOverrides } from '../../configs/load/overrides.js';
import { Problem } from '../../configs/problem.js';
import type { Override } from '../../configs/schema/plan.js';
import { readLedger } from '../../workers/candidates.js';
import { unknownRun } from '../../workers/observe.js';
import { checkRequest, startRun as startWorkflow, type RunRequest } from '../../workers/start-run.js';
import type { Terminal } from '../command.js';
import { person } from '../person.js';
import { ensureUp, withLink } from '../server-link.js';
import { followInTerminal, type FollowedRun } from './follow-terminal.js';

export interface RunOptions {
  readonly pipeline?: string;
  readonly set: readonly string[];
  readonly name?: string;
  readonly fromRun?: string;
  readonly until?: string;
  readonly fresh?: boolean;
  readonly detach?: boolean;
}

/**
 * Compiles, brings up what is needed, starts, and gives the run's name. Nothing is started where anything is wrong.
 * @throws Problem CONFIGURATION, USAGE, CONFLICT, NOT_FOUND, UNREACHABLE.
 */
export async function startRun(terminal: Terminal, options: RunOptions): Promise<string> {
  const request = await requestFor(terminal, options);
  await checkRequest(terminal.root, request);
  await ensureUp(terminal);
  return withLink(terminal.root, async (link) => startWorkflow(terminal.root, await link(), request));
}

/** {@link startRun}, then follows it to its end, to where it is blocked, or to Ctrl-C. */
export async function startAndFollow(terminal: Terminal, options: RunOptions): Promise<FollowedRun & { readonly run: string }> {
  const run = await startRun(terminal, options);
  terminal.note(`run ${run} has begun`);
  return { run, ...(await followInTerminal(terminal, run)) };
}

async function requestFor({ root, note }: Terminal, options: RunOptions): Promise<RunRequest> {
  const { name = null, fromRun = null, until = null, fresh = false } = options;
  if (fresh && fromRun !== null) {
    throw new Problem({ code: 'USAGE', message: '--fresh reuses nothing, --from-run reuses a run', cure: 'give one of them' });
  }
  const origin = fromRun === null ? null : await originOf(root, fromRun);
  const overrides = [...(origin?.overrides ?? []), ...parseOverrides(options.set)];
  if (origin !== null && origin.overrides.length > 0) {
    note(`from run ${String(fromRun)}: ${origin.overrides.map(({ path, value }) => `--set ${path}=${JSON.stringify(value)}`).join(' ')}`);
  }
  const plan = await compilePlan(root, options.pipeline ?? origin?.file ?? DEFAULT_PIPELINE, overrides, await projectCatalog(root));
  return { plan, overrides, name, fromRun, until, fresh, by: person() };
}

/** Pipeline file and changed settings of an earlier run, which a run from it begins with. */
async function originOf(root: string, fromRun: string): Promise<{ file: string; overrides: Override[] }> {
  const ledger = await readLedger(root, fromRun);
  if (ledger === null) throw await unknownRun(root, fromRun);
  return { file: ledger.file, overrides: ledger.events.flatMap((event) => event.overrides) };
}
