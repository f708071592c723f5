/**
 * `npm run test:chaos -- orchestrate`: runs of random DAGs while server, workers and commands are killed, and people retry, skip, pause and
 * approve. Whatever happens on the way, the run must come to its end with nothing lost, nothing out of order and nothing counted twice.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Draws } from '../../ml/random/philox.js';
import type { RunStatus } from '../../workers/report.js';
import { readLedger } from '../../workers/candidates.js';
import { queryLedger } from '../../workers/observe.js';
import { connectTemporal } from '../../workers/temporal.js';
import { HARDSHIPS } from './orchestrate/hardships/all.js';
import { Impossible, type Hardship } from './orchestrate/hardships/hardship.js';
import { insist, Project, type Said } from './orchestrate/project.js';
import { drawStories, type Act, type Story, type Words } from './orchestrate/story.js';
import { wrongs } from './orchestrate/verify.js';
import { Tally, type Report } from './report.js';

const STORIES = 12;
/** In which a story must come to its end once nothing happens to it any more. */
const END_MS = 180_000;
const UNREACHABLE = 3;

export interface OrchestrateChaos {
  readonly seed: number;
  /** Absolute. */
  readonly scratch: string;
  readonly note: (text: string) => void;
  /** Just the hardships whose name contains these words; null: the stories and all hardships. */
  readonly only: string | null;
  /** In place of all, for a quick look. */
  readonly stories?: readonly Story[];
  readonly hardships?: readonly Hardship[];
}

export async function orchestrateChaos(options: OrchestrateChaos): Promise<Report> {
  const { seed, only, scratch, note } = options;
  const {
    stories = only === null ? drawStories(seed, STORIES) : [],
    hardships = HARDSHIPS.filter(({ name }) => name.includes(only ?? '')),
  } = options;
  const acts = [...new Set(stories.flatMap((story) => story.acts.map(nameOf)))].sort();
  const tally = new Tally([...acts, ...hardships.map(({ name }) => name)]);
  if (stories.length > 0) {
    const project = await Project.make(join(scratch, 'project'));
    try {
      for (const story of stories) await new Telling(project, story, note, tally).tell();
    } finally {
      await project.type(['down']);
    }
  }
  for (const [index, hardship] of hardships.entries()) await undergo(hardship, index, options, tally);
  return { faults: tally.rows(), sha256: {} };
}

async function undergo({ name, undergo }: Hardship, index: number, { seed, scratch, note }: OrchestrateChaos, tally: Tally): Promise<void> {
  note(name);
  try {
    const draws = new Draws('shuffle', { seed, epoch: 2, index });
    const found = await undergo({ scratch: join(scratch, `hardship-${index}`), draws });
    tally.done(name);
    for (const wrong of found) tally.wrong(name, wrong);
    note(`${name}: ${found.length === 0 ? 'as it must be' : `WRONG: ${found.join('; ')}`}`);
  } catch (error) {
    if (!(error instanceof Impossible)) throw error;
    tally.skip(name, error.message);
  }
}

function nameOf(act: Act): string {
  if (act.kind === 'kill') return `kill -9 of ${act.processes.join(', ')}`;
  if (act.kind === 'end') return `SIGTERM to ${act.process}`;
  return act.killMs === null ? `emo-aen ${act.words}` : 'kill -9 of a command';
}

class Telling {
  private readonly accepted: Record<string, number> = {};
  private readonly unknown: Record<string, number> = {};

  constructor(
    private readonly project: Project,
    private readonly story: Story,
    private readonly note: (text: string) => void,
    private readonly tally: Tally,
  ) {}

  async tell(): Promise<void> {
    const { project, story, note, tally } = this;
    const { name, tasks, acts } = story;
    const file = await project.declare(name, tasks);
    insist(await project.type(['run', '--pipeline', file, '--name', name, '--detach']));
    const done: string[] = [];
    for (const act of acts) {
      await delay(act.afterMs); // when it happens is drawn: there is no event to wait for
      await this.perform(act);
      done.push(nameOf(act));
    }
    const found = await this.toTheEnd();
    for (const what of done) tally.done(what);
    for (const wrong of found) tally.wrong(done[0] ?? name, `${name}: ${wrong}`);
    note(`${name}: ${tasks.length} tasks, ${done.length} acts: ${found.length === 0 ? 'as it must be' : `WRONG: ${found.join('; ')}`}`);
  }

  private async perform(act: Act): Promise<void> {
    const { project, note } = this;
    note(`${this.story.name}: ${nameOf(act)}`);
    if (act.kind === 'type') return this.type(act.words, act.nth, act.killMs);
    if (act.kind === 'kill') await Promise.all(act.processes.map((process) => project.kill(process)));
    else await project.end(act.process);
    await delay(act.downMs);
    insist(await project.type(['up']));
  }

  /** What a person would type now; commands that make no sense are refused, and that is as it must be. */
  private async type(words: Words, nth: number, killMs: number | null): Promise<void> {
    const { name, tasks } = this.story;
    const task = tasks[nth % tasks.length]?.name ?? '';
    const line: Record<Words, readonly string[]> = {
      retry: ['retry', name],
      'retry a task': ['retry', name, task],
      skip: ['skip', name, task, '--reason', 'chaos'],
      pause: ['pause', name],
      resume: ['resume', name],
      approve: ['approve', name, task],
      status: ['status', name],
    };
    await this.say(line[words], killMs);
  }

  private async say(line: readonly string[], killMs: number | null = null): Promise<Said> {
    const said = await this.project.type(line, { killMs });
    const [action = ''] = line;
    if (said.code === 0) this.accepted[action] = (this.accepted[action] ?? 0) + 1;
    else if (said.code === null || said.code === UNREACHABLE) this.unknown[action] = (this.unknown[action] ?? 0) + 1;
    if (said.code !== 0 && said.code !== null && / {4}at /.test(said.stderr)) throw new Error(`${line.join(' ')}: ${said.stderr}`);
    return said;
  }

  /** Helps the run to its end as a person would, then looks at what is left of it. */
  private async toTheEnd(): Promise<string[]> {
    const { project, story } = this;
    const { name } = story;
    insist(await project.type(['up']));
    const deadline = Date.now() + END_MS;
    for (;;) {
      const said = await project.type(['status', name, '--json']);
      // A worker that was killed a moment ago still counts as there: for some seconds nobody answers.
      if (said.code === UNREACHABLE && Date.now() < deadline) continue;
      const status = JSON.parse(insist(said).stdout) as RunStatus;
      if (status.state === 'completed') break;
      if (Date.now() > deadline)
        return [
          `it did not come to its end: ${JSON.stringify(status.tasks.map(({ name: task, state, reason }) => [task, state, reason]))}`,
        ];
      await this.help(status);
    }
    const link = await connectTemporal(project.root);
    try {
      const ledger = await readLedger(project.root, name);
      if (ledger === null) return ['there is no ledger on disk'];
      return await wrongs(project.root, story.tasks, ledger, await queryLedger(link, name), {
        accepted: this.accepted,
        unknown: this.unknown,
      });
    } finally {
      await link.close();
    }
  }

  private async help({ run, state, tasks }: RunStatus): Promise<void> {
    if (state === 'paused') await this.say(['resume', run]);
    const gates = tasks.filter(({ awaitsApproval }) => awaitsApproval);
    for (const { name } of gates) await this.say(['approve', run, name]);
    if (state !== 'blocked' || gates.length > 0) return;
    const blocked = tasks.some((task) => task.state === 'blocked');
    // A run that is blocked without a blocked task waits for what a person skipped.
    const skipped = tasks.filter((task) => task.state === 'skipped').map(({ name }) => name);
    await this.say(blocked ? ['retry', run] : ['retry', run, ...skipped]);
  }
}
