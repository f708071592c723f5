/** The doors at which a workflow refuses what nobody of its project sealed: decoded, that is a text (workers/project/seal.ts). */
import { ActivityFailure, ApplicationFailure, sleep } from '@temporalio/workflow';
import type { ProblemCode } from '../configs/problem.js';

const UNSEALED: ProblemCode = 'UNSEALED';

/** Whoever answers in a worker's place may be as fast as the worker. So many results are refused, one a second, before the task counts as failed. */
const MOST_RESULTS = 30;
/** So many failures: some are the worker's own, where it could not even tell what failed, and then the task was done each time. */
const MOST_FAILURES = 5;
const AGAIN = '1s';

/** Every input, request and result of ours is an object. */
export function isSealed(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** The failure of whoever asks without a seal. It names no contents: they are a stranger's. */
export function unsealed(what: string): ApplicationFailure {
  const message = `${what} is not sealed with the key of this project`;
  const cure = 'see who else uses this Temporal server; give every machine of the project the same EMO_AEN_PAYLOAD_KEY (docs/security.md)';
  return ApplicationFailure.create({
    type: UNSEALED,
    message,
    nonRetryable: true,
    details: [{ code: UNSEALED, message, cure, attempt: 1 }],
  });
}

/** Asks for an activity until its answer is sealed, be it a result or a failure: any other counts as a try that failed. */
export async function untilSealed<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> {
  for (let results = 0, failures = 0; ;) {
    try {
      const answer = await ask();
      if (isSealed(answer)) return answer;
      results += 1;
    } catch (error) {
      if (!isUnsealedFailure(error)) throw error;
      failures += 1;
    }
    if (results === MOST_RESULTS || failures === MOST_FAILURES) throw unsealed(`what answers for ${what}`);
    await sleep(AGAIN);
  }
}

/** A failure that an activity of ours tells has sealed details. Its other words anybody can write. */
function isUnsealedFailure(error: unknown): boolean {
  return error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && !isSealed(error.cause.details?.[0]);
}
