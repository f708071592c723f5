/** Which of a run's search attributes the server of this project has. */
import { ATTRIBUTE_NAMES } from '../workflows/attribute-keys.js';
import type { TemporalLink } from './temporal.js';

const KEYWORD = 2; // temporal.api.enums.v1.IndexedValueType

/**
 * The names of those that are not registered there as keywords; all of them where the server does not tell. Runs are told by none
 * unless all are there.
 */
export async function missingAttributes({
  connection,
  namespace,
}: Pick<TemporalLink, 'connection' | 'namespace'>): Promise<readonly string[]> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return ATTRIBUTE_NAMES.filter((name) => Number(customAttributes[name] ?? 0) !== KEYWORD);
  } catch (error) {
    const { isGrpcServiceError } = await import('@temporalio/client'); // as in cli/run/update.ts: what starts no run need not wait for it
    if (isGrpcServiceError(error)) return ATTRIBUTE_NAMES; // a server whose operator keeps that to themselves
    throw error;
  }
}
