/** What a client is told of an answer that nobody of its project sealed. */
import { Problem } from '../../configs/problem.js';

export function unsealedAnswer(about: string): Problem {
  return new Problem({
    code: 'UNSEALED',
    message: `the answer about ${about} is not sealed with the key of this project: something else answers in its workers' place`,
    cure: 'see who else uses this Temporal server; give every machine of the project the same EMO_AEN_PAYLOAD_KEY (docs/security.md)',
  });
}
