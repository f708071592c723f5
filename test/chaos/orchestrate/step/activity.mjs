/**
 * The task that the chaos suite's pipelines are made of: it writes down that it began and that it ended, takes its time, fails as often as it
 * is told to, and makes a file that names the bytes it was made from, and is never made twice alike.
 */
import { createHash, randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { defineActivity, Problem, z } from 'emo-aen/activity';

const SLICE_MS = 100;

export default defineActivity({
  stage: 1,
  settings: z.strictObject({
    ms: z.int().default(0),
    /** How it fails before it succeeds: in a way that passes, or in one that waits for a person. */
    fails: z.enum(['never', 'passing', 'stubborn']).default('never'),
    times: z.int().default(0),
    /** Files of the tasks that it needs, by their names. */
    from: z.record(z.string(), z.string().nullable()).default({}),
  }),
  provides: ['step'],
  run: async ({ settings, root, run, task, folder, attempt, file, progress, signal }) => {
    const journal = join(root, 'journal', `${run}.jsonl`);
    await mkdir(join(root, 'journal'), { recursive: true });
    const say = (event) => appendFile(journal, `${JSON.stringify({ task, attempt, event, pid: process.pid })}\n`);
    await say('begin');
    for (let left = settings.ms; left > 0; left -= SLICE_MS) {
      await delay(Math.min(left, SLICE_MS), undefined, { signal });
      progress({ message: `${left} ms left` });
    }
    if (settings.fails !== 'never' && (await failures(journal, task)) < settings.times) {
      await say('fail');
      throw settings.fails === 'passing'
        ? new Problem({ code: 'OUT_OF_MEMORY', message: 'no memory just now' })
        : new Problem({ code: 'DATASET', message: 'a person must look at this' });
    }
    const from = {};
    for (const [name, path] of Object.entries(settings.from)) {
      from[name] =
        path === null
          ? null
          : createHash('sha256')
              .update(await readFile(join(root, path)))
              .digest('hex');
    }
    const path = await file('runs', folder, 'step.json');
    await writeFile(path, `${JSON.stringify({ task, from, made: randomUUID() })}\n`);
    await say('end');
    return { artifacts: [{ name: 'step', path }], summary: {} };
  },
});

async function failures(journal, task) {
  const lines = (await readFile(journal, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line)).filter((line) => line.task === task && line.event === 'fail').length;
}
