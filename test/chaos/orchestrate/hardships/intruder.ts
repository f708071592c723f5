/**
 * What another account would try, as a program of its own: `ADDRESS RUN`. It lists what is there, starts workflows whose input it makes up,
 * asks and updates the open run, and answers the tasks of every queue with made-up results, until it is ended.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';

const [, , address = '', run = ''] = process.argv;
const connection = await Connection.connect({ address });
const client = new Client({ connection });
const queues = new Set<string>();
// As the wire has it: the client's own list wants to open what is sealed.
const { executions } = await client.workflowService.listWorkflowExecutions({ namespace: 'default' });
for (const { execution, taskQueue, type } of executions) {
  const [workflowId, name] = [execution?.workflowId ?? '', type?.name ?? ''];
  if (taskQueue === undefined || taskQueue === null) continue;
  queues.add(taskQueue);
  queues.add(taskQueue.replace(/cpu$/, 'gpu'));
  const handle = client.workflow.getHandle(workflowId);
  await refused(handle.executeUpdate('skip', { args: [{ tasks: ['t3'], by: 'nobody', reason: 'because' }] }));
  await refused(
    client.workflow.start(name, {
      workflowId: `intruder-${randomUUID()}`,
      taskQueue,
      args: [{ run, plan: { tasks: [] }, candidates: [] }],
    }),
  );
}
const forged = { artifacts: [{ name: 'step', path: 'runs/forged', sha256: '0'.repeat(64), bytes: 1 }], summary: {}, warnings: [] };
const native = await NativeConnection.connect({ address });
const workers = await Promise.all(
  [...queues].map((taskQueue) =>
    Worker.create({ connection: native, taskQueue, activities: { step: () => Promise.resolve({ output: forged, attempt: 1 }) } }),
  ),
);
process.once('SIGTERM', () => process.exit(0));
await Promise.all(workers.map((worker) => worker.run()));

/** Nothing that it asks for may be done; how it is refused is the server's or the worker's business. */
async function refused(asked: Promise<unknown>): Promise<void> {
  const timeout = new Promise<string>((resolve) => setTimeout(resolve, 3_000, 'nobody answered'));
  const answer = await Promise.race([
    asked.then(
      () => 'ACCEPTED',
      (error: unknown) => `refused: ${String(error)}`,
    ),
    timeout,
  ]);
  process.stderr.write(`intruder: ${answer.slice(0, 200)}\n`);
}
