/** A setting `env:NAME` is read from the worker's environment, of which a task gets only what its `env` declares. */
import { variableOf } from '../schema/weights-source.js';
import { quoted, type Diagnostics } from './diagnostics.js';
import type { DraftTask } from './draft.js';
import type { Span } from './located.js';
import { nearest } from './nearest.js';

/** A setting that is a text, and where it stands. */
export interface TextSetting {
  readonly path: readonly PropertyKey[];
  readonly text: string;
  readonly span: Span;
}

/** Reports each variable that a setting of `task` names and its `env` does not declare. */
export function checkVariables(task: DraftTask, sources: readonly TextSetting[], found: Diagnostics): void {
  const declared = task.env.map(({ text }) => text);
  for (const { path, text, span } of sources) {
    const variable = variableOf(text);
    if (variable === null || declared.includes(variable)) continue;
    const near = nearest(variable, declared);
    found.add(span, path, `${quoted(task.name)} reads the variable ${quoted(variable)}, which its \`env\` does not declare`, {
      suggestion: near === null ? null : `env:${near}`,
      help: near === null ? `add ${quoted(variable)} to \`env\` of the task: \`env: [${[...declared, variable].join(', ')}]\`` : null,
    });
  }
}
