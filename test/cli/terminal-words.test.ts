import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendEvent } from '../../activities/events.js';
import { screenFor } from '../../cli/run/screen.js';
import { Ledger } from '../../configs/schema/ledger.js';
import { reportOf } from '../../workers/report.js';
import { planned } from '../workflows/plans.js';
import { invoke } from './invoke.js';

/** Clears the screen, sets the title, answers as the keyboard; the last two turn the direction of what follows. */
const EVIL = '\u001b[2J\u001b]0;title\u0007\u009b31m\r\u202e\u2066';
// eslint-disable-next-line no-control-regex -- these are what is looked for
const COMMANDS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\u2066]/;

function ledger(): Ledger {
  const task = {
    attempts: 1,
    fingerprint: null,
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:01.000Z',
    fromRun: null,
  };
  const failure = { code: 'DATASET', message: `bad ${EVIL}`, where: `here ${EVIL}`, cure: `do ${EVIL}` };
  return Ledger.parse({
    version: 1,
    run: 'told',
    pipeline: 'test',
    file: 'configs/test.yaml',
    planHash: '0',
    number: 1,
    state: 'failed',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:02.000Z',
    tasks: [
      { ...task, plan: planned('a'), state: 'blocked', reason: `why ${EVIL}`, failure, output: null },
      {
        ...task,
        plan: planned('b'),
        state: 'done',
        reason: 'first run',
        failure: null,
        output: { artifacts: [], summary: { [`name ${EVIL}`]: `value ${EVIL}` }, warnings: [`careful ${EVIL}`] },
      },
    ],
    events: [],
  });
}

describe('words of tasks on the terminal', function () {
  this.timeout(30_000);
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-words-'));
    await mkdir(join(root, 'runs', 'told'), { recursive: true });
    await writeFile(join(root, 'runs', 'told', 'ledger.json'), JSON.stringify(ledger()));
    const event = { at: '2026-01-01T00:00:00.500Z', task: 'a', attempt: 1, message: `told ${EVIL}` };
    for (const kind of ['warning', 'failed'] as const) await appendEvent(root, 'told', { ...event, event: kind });
  });
  after(() => rm(root, { recursive: true }));

  for (const name of ['status', 'logs']) {
    it(`cannot command it: ${name}, for people and as JSON`, async () => {
      for (const more of [[], ['--json']]) {
        const { stdout, stderr } = await invoke(name, 'told', '--root', root, ...more);
        assert.match(stdout, /\\u001b\[2J/);
        assert.doesNotMatch(stdout + stderr, COMMANDS);
        if (more.length > 0) assert.ok(JSON.stringify(JSON.parse(stdout)).includes('\u202e'), 'JSON means the same letters');
      }
    });
  }

  it('cannot command it while a run is followed', () => {
    for (const isTTY of [true, false]) {
      let written = '';
      const screen = screenFor({ isTTY, columns: 1_000, write: (text: string) => (written += text) });
      screen.remark(`remark ${EVIL}`);
      screen.show(reportOf(ledger(), [], 'workflow', null));
      assert.match(written, /remark \\u001b\[2J/);
      assert.doesNotMatch(written, COMMANDS);
    }
  });
});
