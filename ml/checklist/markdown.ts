/** A checklist for people: the method's five boxes, with the proofs under each. */
import type { Checklist } from '../../configs/schema/checklist.js';

export function checklistMarkdown({ run, complete, items }: Checklist): string {
  const lines = items.flatMap(({ title, done, evidence, missing }) => [
    `- [${done ? 'x' : ' '}] ${title}`,
    ...missing.map((text) => `  - missing: ${text}`),
    ...evidence.map((text) => `  - ${text}`),
  ]);
  return [`# Checklist of run ${run}: ${complete ? 'complete' : 'incomplete'}`, '', ...lines, ''].join('\n');
}

/** The same on a terminal, without the proofs of what is done. */
export function checklistText({ run, complete, items }: Checklist): string {
  const lines = items.flatMap(({ id, title, done, evidence, missing }) => [
    `[${done ? 'x' : ' '}] ${id.padEnd(10)} ${title}`,
    ...missing.map((text) => `      missing: ${text}`),
    ...(done ? evidence.slice(-1).map((text) => `      ${text}`) : []),
  ]);
  return [...lines, `run ${run}: ${complete ? 'complete' : 'incomplete'}`].join('\n');
}
