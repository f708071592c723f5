/** Who decodes photos answers alike for each: full audit, fast audit, rank and preprocess, sample, --fix; the page: test/web/one-answer.test.ts. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { corrected } from '../../../ml/images/fix/correct.js';
import { lookAt, type Mode } from '../../../ml/images/look.js';
import { readSquare } from '../../../ml/images/read-square.js';
import { makeScene } from '../../../ml/images/scene.js';
import { broken, inkedWithoutProfile, sound } from './odd-kinds.js';
import { SETTINGS } from './photo-set.js';

/** What keeps a photo from being read; other findings are about what a set needs. */
const UNREAD = ['empty', 'not-an-image', 'wrong-format', 'animated', 'truncated', 'damaged', 'too-many-pixels', 'too-small'];
const SOUND = 'sound';

describe('one photo', function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'emo-aen-one-answer-'))));
  after(() => rm(folder, { recursive: true }));

  const begin = (): Promise<void> => Promise.resolve();
  const looked =
    (mode: Mode) =>
    async (bytes: Buffer): Promise<string> => {
      const { content } = await lookAt(bytes, { mode, limits: SETTINGS.photos, begin });
      return content.faults.find(([code]) => UNREAD.includes(code))?.[0] ?? SOUND;
    };
  const refusal = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => SOUND,
      (error: unknown) => {
        assert.ok(error instanceof Problem, String(error));
        return `refused: ${error.message}`;
      },
    );
  const ways: Readonly<Record<string, (bytes: Buffer) => Promise<string>>> = {
    rank: (bytes) =>
      refusal(readSquare(bytes, { size: 64, maxPixels: SETTINGS.photos.maxPixels, minSide: SETTINGS.photos.minSide, where: 'x' })),
    sample: async (bytes) => {
      const made = await makeScene(bytes, { folder: join(folder, 'scene'), scene: 0, crops: 1, kinds: ['blur'], seed: 0 }, begin);
      return typeof made === 'string' ? `refused: ${made}` : SOUND;
    },
    fix: (bytes) => refusal(corrected(bytes, 'jpeg', ['converted-to-srgb', 'encoded-as-png'])),
  };

  for (const [name, make] of Object.entries(sound))
    it(`is sound to all: ${name}`, async () => {
      const bytes = await make();
      for (const mode of ['full', 'fast'] as const) assert.equal(await looked(mode)(bytes), SOUND, mode);
      for (const [way, answer] of Object.entries(ways)) assert.equal(await answer(bytes), SOUND, way);
    });

  for (const [name, make] of Object.entries(inkedWithoutProfile))
    it(`is left to a person by all: ${name}`, async () => {
      const bytes = await make();
      for (const mode of ['full', 'fast'] as const) {
        const { content } = await lookAt(bytes, { mode, limits: SETTINGS.photos, begin });
        assert.deepEqual(content.faults, [['not-srgb', 'is encoded in CMYK']], mode);
      }
      for (const [way, answer] of Object.entries(ways))
        assert.match(await answer(bytes), /^refused: .*is encoded in CMYK without a profile/, way);
    });

  for (const [name, { make, code }] of Object.entries(broken))
    it(`is ${code} to all: ${name}`, async () => {
      const bytes = await make();
      for (const mode of ['full', 'fast'] as const) assert.equal(await looked(mode)(bytes), code, mode);
      // A photo that is too small can be read: --fix leaves it out by what the audit found.
      for (const [way, answer] of Object.entries(ways))
        if (code !== 'too-small' || way !== 'fix') assert.match(await answer(bytes), /^refused: /, way);
    });
});
