/** What a task costs beyond its work: runs of tasks that do nothing, ours beside a plain workflow's, in turn on one server. */
import { Client } from '@temporalio/client';
import { startRun } from '../../workers/start-run.js';
import { workflowIdOf } from '../../workflows/names.js';
import { median } from '../../ml/ranking/median.js';
import { NOTHING, type Findings } from '../report.js';
import { CHAIN, planOfShape, tasksOf, WIDE, type Shape } from './made-plan.js';
import type { Note, OrchestrateOptions } from './orchestrate.js';
import { inPlace, type Place } from './place.js';

export async function measureTasks({ rounds }: OrchestrateOptions, note: Note): Promise<Findings> {
  return inPlace(async (place) => {
    await place.worker('ours');
    await place.worker('plain');
    const seconds = { oursChain: [], plainChain: [], oursWide: [], plainWide: [] } as Record<string, number[]>;
    const measure = async (name: string, shape: Shape, run: (place: Place, name: string, shape: Shape) => Promise<void>): Promise<void> => {
      const begun = performance.now();
      await run(place, name, shape);
      seconds[name.split('-')[0] ?? '']?.push((performance.now() - begun) / 1000);
    };
    // The first run of each loads what is loaded once.
    await ours(place, 'warm', { levels: 2, width: 2 });
    await plain(place, 'warm-plain', { levels: 2, width: 2 });
    for (let round = 1; round <= rounds; round++) {
      note(
        `round ${round} of ${rounds}: ${tasksOf(CHAIN)} tasks one after the other, then ${tasksOf(WIDE)} with a fan-out of ${WIDE.width}`,
      );
      await measure(`oursChain-${round}`, CHAIN, ours);
      await measure(`plainChain-${round}`, CHAIN, plain);
      await measure(`oursWide-${round}`, WIDE, ours);
      await measure(`plainWide-${round}`, WIDE, plain);
    }
    const of = (name: string): number => median(seconds[name] ?? []);
    const perTask = (name: string): number => (of(name) / tasksOf(CHAIN)) * 1000;
    return {
      ...NOTHING,
      ratios: { chainToPlain: of('oursChain') / of('plainChain'), thousandToPlain: of('oursWide') / of('plainWide') },
      medians: {
        perTaskMs: perTask('oursChain'),
        plainPerTaskMs: perTask('plainChain'),
        thousandTasksSeconds: of('oursWide'),
        plainThousandTasksSeconds: of('plainWide'),
      },
    };
  });
}

async function ours({ root, link }: Place, name: string, shape: Shape): Promise<void> {
  const request = { plan: planOfShape(shape), overrides: [], name, fromRun: null, until: null, fresh: true, by: 'the bench' };
  await startRun(root, link, request);
  await link.client.workflow.getHandle(workflowIdOf(link.project.id, name)).result();
}

/** Its payloads are not sealed: the sealing is a part of what ours costs. */
async function plain({ link: { client } }: Place, name: string, shape: Shape): Promise<void> {
  const unsealed = new Client({ connection: client.connection, namespace: client.options.namespace });
  await unsealed.workflow.execute('plain', { workflowId: name, taskQueue: 'plain', args: [shape] });
}
