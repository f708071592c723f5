/** Settings that refer to another task's output (`${tasks.train.outputs.best-checkpoint}`): the artifact's path takes the reference's place. Pure. */
import type { Artifact } from '../configs/schema/payload.js';
import type { PlannedTask } from '../configs/schema/plan.js';
import { nameOfReferred } from './graph.js';

/**
 * The settings with paths, relative to the project root, where references stood. The fingerprint does not see these paths, which name
 * the run, but the artifacts' digests. What was not made (by an optional task that was skipped) is null.
 */
export function resolveReferences(
  { settings, references }: Pick<PlannedTask, 'settings' | 'references'>,
  inputs: readonly Artifact[],
): unknown {
  const paths = new Map(inputs.map(({ name, path }) => [name, path]));
  return references.reduce<unknown>(
    (resolved, reference) => withValueAt(resolved, reference.path, paths.get(nameOfReferred(reference)) ?? null),
    settings,
  );
}

function withValueAt(node: unknown, [key, ...rest]: readonly string[], value: string | null): unknown {
  if (key === undefined) return value;
  if (Array.isArray(node)) return node.map((item: unknown, index) => (String(index) === key ? withValueAt(item, rest, value) : item));
  const map = typeof node === 'object' && node !== null ? (node as Readonly<Record<string, unknown>>) : {};
  return { ...map, [key]: withValueAt(map[key], rest, value) };
}
