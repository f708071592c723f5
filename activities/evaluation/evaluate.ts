/** Stage 6: the best checkpoint on the test split (method §6). */
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { runInChild } from '../child/child.js';
import type { TaskFunction } from '../task.js';

export const evaluate: TaskFunction<SettingsOf<'evaluate'>> = async (context) => {
  const { settings, folder } = context;
  const result = await runInChild(
    {
      kind: 'evaluate',
      cacheIndex: context.artifact('cache-index'),
      cache: context.artifact('cache'),
      checkpoint: context.artifact('best-checkpoint'),
      checkpointSha256: context.digest('best-checkpoint'),
      settings,
    },
    {
      environment: settings.environment,
      stallSeconds: settings.loop.stallSeconds,
      signal: context.signal,
      progress: (progress) => context.progress(progress),
    },
  );
  if (result.kind !== 'evaluate') throw new Error(`the child did ${result.kind}`);
  const path = await context.file('runs', folder, 'evaluation.json');
  await writeJsonAtomically(path, result.evaluation);
  const { pairwiseAccuracy, kendallTauB, loss, latency, device, weights } = result.evaluation;
  return {
    artifacts: [{ name: 'evaluation', path }],
    summary: {
      pairwiseAccuracy: pairwiseAccuracy.value,
      low: pairwiseAccuracy.low,
      high: pairwiseAccuracy.high,
      pairs: pairwiseAccuracy.count,
      kendallTauB,
      loss: loss.value,
      latencyMs: latency.medianMs,
      device,
      weights,
    },
    warnings: result.warnings,
  };
};
