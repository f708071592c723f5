/** How an error crosses from a worker thread to the thread that waits for it: a Problem stays one, anything else is told with its stack. */
import { Problem, type ProblemFields } from '../../configs/problem.js';

export type ThreadFault = { readonly problem: Omit<ProblemFields, 'cause'> } | { readonly defect: string };

export function faultOf(error: unknown): ThreadFault {
  if (error instanceof Problem) return { problem: error.toJSON() };
  return { defect: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export function errorOf(fault: ThreadFault): Error {
  return 'problem' in fault ? new Problem(fault.problem) : new Error(fault.defect);
}
