/** One task of a sound pipeline, normalised: what is not said comes from `defaults`, and then from here. */
import type { Pipeline } from '../schema/pipeline.js';
import type { PlannedTask, Reference } from '../schema/plan.js';
import { milliseconds } from './duration.js';
import type { Leg } from './legs.js';
import type { Settings } from './with.js';

/** What a task gets where neither it nor `defaults` says anything. */
const DEFAULTS = { queue: 'cpu', timeout: '10m', onFailure: 'stop-dependents' } as const;
const RETRY = { attempts: 3, backoff: '5s', coefficient: 2 } as const;
/** The longest wait before another try, unless it is said or the first is longer. */
const MAX_BACKOFF_MS = 300_000;

/** A task with all that was found out about it. */
export interface Ready {
  readonly leg: Leg;
  readonly settings: Settings;
  readonly references: readonly Reference[];
  readonly approval: string | null;
}

export function plannedTask({ leg, settings, references, approval }: Ready, { tasks, defaults = {} }: Pipeline): PlannedTask {
  const declared = tasks[leg.task.name];
  const { activity } = leg.task;
  if (declared === undefined || activity === null) throw new Error(`${leg.name} was not checked`);
  const retry = { ...defaults.retry, ...declared.retry };
  const backoffMs = Math.max(1, inMs(retry.backoff ?? RETRY.backoff));
  return {
    name: leg.name,
    stage: activity.stage,
    uses: declared.uses,
    version: activity.version,
    code: activity.code,
    outside: activity.outside(settings.value),
    needs: [...leg.needs],
    queue: declared.queue ?? defaults.queue ?? DEFAULTS.queue,
    kind: activity.kind,
    settings: settings.value,
    settingsFiles: [...settings.files],
    reads: [...new Set([...activity.reads, ...activity.mayRead])],
    provides: [...activity.provides],
    timeoutMs: inMs(declared.timeout ?? defaults.timeout ?? DEFAULTS.timeout),
    heartbeatMs: inMsOrNull(declared.heartbeat ?? defaults.heartbeat),
    queueTimeoutMs: inMsOrNull(declared.queueTimeout ?? defaults.queueTimeout),
    totalTimeoutMs: inMsOrNull(declared.totalTimeout ?? defaults.totalTimeout),
    retry: {
      attempts: retry.attempts ?? RETRY.attempts,
      backoffMs,
      coefficient: retry.coefficient ?? RETRY.coefficient,
      maxBackoffMs: inMsOrNull(retry.maxBackoff) ?? Math.max(MAX_BACKOFF_MS, backoffMs),
      nonRetryable: [...(retry.nonRetryable ?? [])],
    },
    onFailure: declared.onFailure ?? defaults.onFailure ?? DEFAULTS.onFailure,
    optional: leg.task.optional,
    approval,
    leg: leg.values === null ? null : { ...leg.values },
    env: [...new Set(declared.env)],
    references: [...references],
  };
}

function inMsOrNull(duration: string | undefined): number | null {
  return duration === undefined ? null : inMs(duration);
}

function inMs(duration: string): number {
  const time = milliseconds(duration);
  if (time === undefined) throw new Error(`${duration} was not checked`);
  return time;
}
