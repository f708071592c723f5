/** The embedded Temporal server: one per project, its history in `.emo-aen/temporal.db`. */
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '../../configs/problem.js';
import { isAlive } from '../processes/identity.js';
import { endedAtOnce, launch } from '../processes/launch.js';
import { findRunning, type ProcessRecord } from '../processes/record.js';
import { takeDown } from '../processes/take-down.js';
import { embeddedServer, insistOnAnswer, type TemporalTarget } from '../temporal.js';
import { describeTarget } from '../project/whose.js';
import { choosePorts } from './ports.js';
import { serverArguments, serverEnvironment, temporalProgram } from './program.js';

const READY_LIMIT_MS = 30_000;
const POLL_MS = 100;

/** Starts it in the background and waits until it answers. The caller holds the project's lock and knows that none runs. */
export async function startServer(root: string): Promise<ProcessRecord> {
  await takeDown(root, 'server', 0); // a supervisor whose server has died
  const { program } = await temporalProgram();
  const ports = await choosePorts(root, process.env);
  const target = embeddedServer({ ...ports, ui: null });
  const description = describeTarget(target);
  const withUi = (await findRunning(root, 'ui')) !== null;
  const env = serverEnvironment(root, process.env);
  const record = await launch({
    root,
    name: 'server',
    program,
    args: serverArguments(ports, withUi),
    env,
    target: description,
    code: program,
  });
  await untilServing(root, target, record);
  return record;
}

async function untilServing(root: string, target: TemporalTarget, { process: server }: ProcessRecord): Promise<void> {
  const deadline = performance.now() + READY_LIMIT_MS;
  for (;;) {
    if (!isAlive(server)) {
      const problem = await endedAtOnce(root, 'server', server);
      await takeDown(root, 'server', 0); // its supervisor would start it again
      throw problem;
    }
    try {
      return await insistOnAnswer(target);
    } catch (error) {
      if (!(error instanceof Problem) || performance.now() > deadline) throw error;
    }
    await delay(POLL_MS);
  }
}
