/** `emo-aen plan --retry`: the request that `emo-aen retry` would make, foreseen instead of sent. */
import { artifactDigests, checkArtifacts } from '../../activities/verify.js';
import { parseOverrides } from '../../configs/load/overrides.js';
import { readLedgers } from '../../workers/candidates.js';
import { queryRemembered } from '../../workers/observe.js';
import { foreseeRetry } from '../../workflows/foresee.js';
import type { Choice } from '../../workflows/messages.js';
import { refuseEnding, refuseRetry } from '../../workflows/refusals.js';
import type { Terminal } from '../command.js';
import { ledgerOfOpen, nobodyAnswers, retryRequest } from '../run/retry-request.js';
import { insistOnOpen, refused } from '../run/update.js';
import { withLink } from '../server-link.js';
import { estimate, type Estimate } from './estimate.js';

/**
 * What the run would do about each of its tasks. Nothing is brought up for that: the run itself must answer.
 * @throws Problem as `emo-aen retry` does, also where the run would refuse; UNREACHABLE where neither server nor worker runs.
 */
export async function planRetry({ root, note }: Terminal, run: string, choice: Choice, set: readonly string[]): Promise<Estimate> {
  const overrides = parseOverrides(set);
  await insistOnOpen(root, run);
  return withLink(root, async (linked) => {
    const ledger = await ledgerOfOpen(root, run, linked);
    const remembered = await queryRemembered(await linked(), run);
    if (remembered === null) throw nobodyAnswers(run);
    const { request, notes } = await retryRequest(root, ledger, choice, overrides);
    const refusal = refuseEnding(ledger, remembered.ending) ?? refuseRetry(ledger, request);
    if (refusal !== null) throw refused(refusal);
    notes.forEach(note);
    if (ledger.state === 'paused') note(`run ${run} is paused: nothing of this starts before emo-aen resume ${run}`);
    const digests = artifactDigests(root, note);
    const tasks = await foreseeRetry(ledger, remembered, request, (artifacts) => checkArtifacts(root, artifacts, digests));
    const earlier = (await readLedgers(root)).filter(({ pipeline }) => pipeline === ledger.pipeline);
    const running = new Set(ledger.tasks.filter(({ state }) => state === 'running').map(({ plan }) => plan.name));
    const plans = ledger.tasks.map(({ plan }) => plan);
    return estimate(tasks, plans, earlier, running);
  });
}
