/** Stage 5: trains the network in a child process (method §5). */
import { join } from 'node:path';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import type { TrainResult } from '../../ml/engine/jobs/protocol.js';
import { runInChild } from '../child/child.js';
import type { TaskContext, TaskFunction } from '../task.js';

export const train: TaskFunction<SettingsOf<'train'>> = async (context) => {
  const { settings, run, folder } = context;
  const metrics = await context.file('logs', folder, 'metrics.jsonl');
  const result = await runTraining(context, metrics);
  const training = await context.file('runs', folder, 'training.json');
  await writeJsonAtomically(training, { version: 1, run, ...result.training, warnings: result.warnings });
  const { epochs, ended, bestEpoch, bestAccuracy, device, engine, weights, seconds, peakMemoryMb } = result.training;
  return {
    artifacts: [
      { name: 'best-checkpoint', path: result.best },
      { name: 'last-checkpoint', path: result.last },
      { name: 'metrics', path: metrics },
      { name: 'training', path: training },
    ],
    summary: {
      epochs: `${epochs} of ${settings.schedule.epochs}`,
      ended,
      bestEpoch,
      validationAccuracy: bestAccuracy,
      device,
      engine,
      weights,
      seconds: Math.round(seconds),
      peakMemoryMb: Math.round(peakMemoryMb),
    },
    warnings: result.warnings,
  };
};

async function runTraining(context: TaskContext<SettingsOf<'train'>>, metrics: string): Promise<TrainResult> {
  const { settings, folder, root } = context;
  const result = await runInChild(
    {
      kind: 'train',
      cacheIndex: context.artifact('cache-index'),
      cache: context.artifact('cache'),
      cacheSha256: context.digest('cache-index'),
      initialCheckpoint: context.artifact('initial-checkpoint'),
      initialSha256: context.digest('initial-checkpoint'),
      checkpoints: join(root, 'checkpoints', folder),
      metrics,
      settings,
    },
    {
      environment: settings.environment,
      stallSeconds: settings.loop.stallSeconds,
      signal: context.signal,
      progress: (progress) => context.progress(progress),
    },
  );
  if (result.kind !== 'train' || !result.complete) throw new Error('training ended without being complete or being told to');
  return result;
}
