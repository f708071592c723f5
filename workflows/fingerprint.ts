/** What makes two executions of a task the same: implementation, settings, inputs (design §2). Pure: the workflow and the client agree on it. */
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';
import type { PlannedTask } from '../configs/schema/plan.js';

/** The digest of one artifact that a task reads. */
export interface InputDigest {
  readonly name: string;
  readonly sha256: string;
}

/**
 * sha256, in lower-case hexadecimal, over the activity's name and version, its resolved settings and the digests of the
 * artifacts that it reads; for an activity of the project's own also over its code. Paths, the run's name, time limits and
 * retries are not in it: they do not change what comes out.
 */
export function fingerprint(
  task: Pick<PlannedTask, 'uses' | 'version' | 'settings'> & Partial<Pick<PlannedTask, 'code'>>,
  inputs: readonly InputDigest[],
): string {
  const digests = Object.fromEntries(inputs.map((input) => [input.name, input.sha256]));
  const code = task.code ?? undefined; // left out where there is none
  const text = canonicalJson({ uses: task.uses, version: task.version, code, settings: task.settings ?? null, inputs: digests });
  return bytesToHex(sha256(new TextEncoder().encode(text)));
}

/** JSON with the keys of every object sorted and without spaces, so that equal values give equal text. Undefined members are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
