/** The door of every activity: input that nobody of this project sealed is refused before anything is done, and not tried again. */
import type { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { ActivityInterceptors } from '@temporalio/worker';
import type { ProblemCode } from '../../configs/problem.js';

const UNSEALED: ProblemCode = 'UNSEALED';

export function refuseUnsealed(context: Context): ActivityInterceptors {
  return {
    inbound: {
      execute: (input, next) => {
        // Decoded, what has no seal is a text; no activity of ours takes one (seal.ts).
        if (input.args.length > 0 && !input.args.some((argument) => typeof argument === 'string')) return next(input);
        const { activityType, workflowExecution } = context.info;
        const message = `a task ${activityType} of ${workflowExecution?.workflowId ?? 'no workflow'} is not sealed with the key of this project: refused`;
        context.log.warn(message);
        // Benign: the SDK writes no stack of it into the log, which a stranger could fill that way.
        throw ApplicationFailure.create({ type: UNSEALED, message, nonRetryable: true, category: ApplicationFailureCategory.BENIGN });
      },
    },
  };
}
