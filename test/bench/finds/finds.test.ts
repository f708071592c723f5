/** One case of each kind of the table of finds (docs/finds.md); `npm run bench -- finds` makes many. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { falseAlarms } from '../../../bench/finds/false-alarms.js';
import { GROUPS } from '../../../bench/finds/groups.js';
import { judge, type Judged } from '../../../bench/finds/judge.js';
import { makeCases } from '../../../bench/finds/make.js';

const KINDS = GROUPS.flatMap(({ kinds }) => kinds);
/** Folders of six. */
const SOUND_PHOTOS = 18;

describe('the table of finds', () => {
  let folder = '';
  let judged: readonly Judged[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emo-aen-finds-'));
    judged = await judge(await makeCases(KINDS, 1, join(folder, 'cases')));
  });
  after(() => rm(folder, { recursive: true }));

  for (const kind of KINDS.filter(({ beyond }) => beyond === undefined)) {
    it(`has found: ${kind.name}`, () => {
      const [own] = judged.filter((each) => each.case.kind === kind);
      assert.ok(own);
      assert.notEqual(own.code, null, `no ${kind.codes.join(' or ')} for ${own.case.named.join(' or ')}`);
    });
  }

  it('has no error for sound photos, however they are written', async () => {
    const alarms = await falseAlarms(SOUND_PHOTOS, join(folder, 'sound'));
    assert.ok(alarms.length > 10);
    for (const { encoding, photos, errors } of alarms) assert.deepEqual([photos, errors], [SOUND_PHOTOS, {}], encoding);
  });

  it('asks nothing twice: each kind has a name of its own', () => {
    const names = KINDS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
});
