/**
 * What a task of one's own is written with: `import { defineActivity, z } from 'emo-aen/activity'` (docs/own-tasks.md).
 * The client asks it what the task reads, provides and takes as settings; a worker runs it.
 */
import { z } from 'zod';
import type { TaskFunction } from './task.js';

export { z };
export { Problem } from '../configs/problem.js';
export type { NamedFile, TaskContext, TaskFunction, TaskResult } from './task.js';

export interface ActivityDefinition<Schema extends z.ZodObject> {
  /** The method's stage that it belongs to, 1 to 8. */
  readonly stage: number;
  /** Raise it where the same inputs give other outputs, though the files of the folder are the same: a tool that it calls is another one. 1 if nothing is said. */
  readonly version?: number;
  /** None if nothing is said. Unknown keys are refused, as everywhere. */
  readonly settings?: Schema;
  /** Whether it reads what is not an artifact, so that it must run in every run; false if nothing is said. */
  readonly outside?: boolean | ((settings: z.infer<Schema>) => boolean);
  /** Artifacts that a task before it must make, and those that it takes where one did. */
  readonly reads?: readonly string[];
  readonly mayRead?: readonly string[];
  /** Artifacts that every run of it makes. */
  readonly provides?: readonly string[];
  readonly run: TaskFunction<z.infer<Schema>>;
}

/** By which the loader knows what {@link defineActivity} made, whichever copy of the package made it. */
export const DEFINED = Symbol.for('emo-aen.activity');

/** {@link ActivityDefinition} with everything said. */
export interface DefinedActivity {
  readonly [DEFINED]: true;
  readonly stage: number;
  readonly version: number;
  readonly settings: z.ZodObject;
  outside(settings: unknown): boolean;
  readonly reads: readonly string[];
  readonly mayRead: readonly string[];
  readonly provides: readonly string[];
  readonly run: TaskFunction<unknown>;
}

const names = z.array(z.string().regex(/^[a-z][a-z0-9-]*$/, 'an artifact is named in lower-case letters, digits and dashes'));
const Definition = z.strictObject({
  stage: z.int().min(1).max(8),
  version: z.int().min(1).default(1),
  settings: z.custom<z.ZodObject>((value) => value instanceof z.ZodObject, 'must be a z.strictObject({ … })').default(z.strictObject({})),
  outside: z
    .union([z.boolean(), z.custom<(settings: unknown) => boolean>((value) => typeof value === 'function', 'a boolean or a function')])
    .default(false),
  reads: names.default([]),
  mayRead: names.default([]),
  provides: names.default([]),
  run: z.custom<TaskFunction<unknown>>((value) => typeof value === 'function', 'must be an async function'),
});

/** @throws Error that says which member is wrong. */
export function defineActivity<Schema extends z.ZodObject = z.ZodObject>(definition: ActivityDefinition<Schema>): DefinedActivity {
  const parsed = Definition.safeParse(definition);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`));
    throw new Error(`defineActivity: ${faults.join('; ')}`);
  }
  const { outside, settings, ...rest } = parsed.data;
  return {
    [DEFINED]: true,
    ...rest,
    settings: settings.strict(),
    outside: typeof outside === 'function' ? outside : () => outside,
  };
}
