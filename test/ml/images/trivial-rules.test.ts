import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { z } from 'zod';
import type { TrivialRule } from '../../../configs/schema/audit.js';
import { Label } from '../../../configs/schema/photos.js';
import { trivialRules } from '../../../ml/images/trivial-rules.js';
import { Draws } from '../../../ml/random/philox.js';
import { madeSet, type MadePhoto } from './made-set.js';
import { SETTINGS } from './photo-set.js';

const Golden = z.object({
  cases: z.array(
    z.object({
      name: z.string(),
      pairing: z.enum(['by-name', 'cross']),
      pairs: z.int(),
      photos: z.array(
        z.object({
          folder: z.string(),
          label: Label,
          stem: z.string(),
          bytes: z.int(),
          width: z.int(),
          height: z.int(),
          quality: z.int().nullable(),
          encoder: z.string(),
          format: z.string(),
        }),
      ),
      rules: z.record(z.string(), z.object({ accuracy: z.number(), interval: z.tuple([z.number(), z.number()]) })),
    }),
  ),
});
const GOLDEN = Golden.parse(JSON.parse(readFileSync(join('test', 'ml', 'images', 'golden', 'trivial-rules.json'), 'utf8')));

const crossed = { ...SETTINGS, pairs: { ...SETTINGS.pairs, pairing: 'cross' as const } };
const ruleOf = (rules: readonly TrivialRule[], by: string): TrivialRule => rules.find((rule) => rule.by === by) ?? assert.fail(by);
/** `count` pairs of one folder, the photos made by their label and number. */
const pairs = (folder: string, count: number, make: (label: Label, number: number) => Partial<MadePhoto>): MadePhoto[] =>
  Array.from({ length: count }, (_, number) =>
    (['good', 'bad'] as const).map((label) => ({ folder, label, stem: String(number).padStart(4, '0'), ...make(label, number) })),
  ).flat();

describe('trivialRules', () => {
  for (const { name, pairing, pairs: count, photos, rules } of GOLDEN.cases) {
    it(`are right as often as numpy counts, with scipy's intervals: ${name}`, () => {
      const made = photos.map(({ width, height, ...photo }) => ({ ...photo, sides: { width, height } }));
      const told = trivialRules(madeSet(made, pairing === 'cross' ? crossed : SETTINGS));
      assert.deepEqual(told.map(({ by }) => by).sort(), Object.keys(rules).sort());
      for (const [by, { accuracy, interval }] of Object.entries(rules)) {
        const rule = ruleOf(told, by);
        assert.equal(rule.pairs, count);
        for (const [value, expected] of [
          [rule.accuracy, accuracy],
          [rule.low, interval[0]],
          [rule.high, interval[1]],
        ] as const)
          assert.ok(Math.abs(value - expected) < 1e-9, `${by}: ${value} instead of ${expected}`);
      }
      const accuracies = told.map(({ accuracy }) => accuracy);
      assert.deepEqual(
        accuracies,
        [...accuracies].sort((a, b) => b - a),
      );
    });
  }

  it('say in words which way they go', () => {
    const smaller = trivialRules(madeSet(pairs('one', 20, (label) => ({ bytes: label === 'good' ? 10 : 20 }))));
    assert.deepEqual([ruleOf(smaller, 'bytes').rule, ruleOf(smaller, 'bytes').accuracy], ['the file with fewer bytes is the good one', 1]);
    const named = trivialRules(
      madeSet(['one', 'two'].flatMap((folder) => pairs(folder, 5, (label) => ({ encoder: label === 'good' ? 'GIMP' : null })))),
    );
    assert.equal(
      ruleOf(named, 'encoder').rule,
      'the photo whose encoder is good more often in other folders ("GIMP": 10 good, 0 bad) is the good one',
    );
    assert.equal(ruleOf(named, 'encoder').accuracy, 1);
  });

  it('see nothing in names that are each met once, however many there are', () => {
    for (const folders of [['one'], ['one', 'two', 'three']]) {
      const photos = folders.flatMap((folder) => pairs(folder, 50, (label, number) => ({ encoder: `${folder} ${label} ${number}` })));
      for (const settings of [SETTINGS, crossed]) assert.equal(ruleOf(trivialRules(madeSet(photos, settings)), 'encoder').accuracy, 0.5);
    }
  });

  it('see a name that tells in the only folder, too', () => {
    const photos = pairs('one', 50, (label) => ({ encoder: label === 'good' ? 'A' : 'B' }));
    for (const settings of [SETTINGS, crossed]) assert.equal(ruleOf(trivialRules(madeSet(photos, settings)), 'encoder').accuracy, 1);
  });

  it('count a pair half where they cannot decide, and a file without the fact as such', () => {
    const rules = trivialRules(madeSet(pairs('one', 10, (label) => ({ quality: label === 'good' ? 90 : null }))));
    assert.ok(rules.every(({ accuracy }) => accuracy === 0.5));
  });

  it('are surer of pairs that share no photo than of as many that do', () => {
    const make = (label: Label): Partial<MadePhoto> => ({ bytes: label === 'good' ? 2 : 1 });
    const alone = ruleOf(trivialRules(madeSet(pairs('one', 64, make))), 'bytes');
    const shared = ruleOf(trivialRules(madeSet(pairs('one', 8, make), crossed)), 'bytes');
    assert.deepEqual([alone.pairs, shared.pairs, alone.accuracy, shared.accuracy], [64, 64, 1, 1]);
    assert.ok(alone.low > 0.94 && shared.low < 0.68);
  });

  it('are none of a set without pairs', () => {
    assert.deepEqual(trivialRules(madeSet([])), []);
    assert.deepEqual(trivialRules(madeSet([{ folder: 'one', label: 'good', stem: 'a' }])), []);
  });

  it('stay within their bounds, and are the same when good and bad change places', () => {
    const photo = fc.record({ bytes: fc.integer({ min: 1, max: 5 }), quality: fc.option(fc.integer({ min: 1, max: 100 })) });
    fc.assert(
      fc.property(fc.array(fc.tuple(photo, photo), { minLength: 1, maxLength: 30 }), (both) => {
        const made = (first: Label): TrivialRule[] =>
          trivialRules(madeSet(pairs('one', both.length, (label, number) => both[number]?.[label === first ? 0 : 1] ?? {})));
        const [rules, swapped] = [made('good'), made('bad')];
        for (const { by, accuracy, low, high } of rules) {
          assert.ok(low >= 0 && low <= accuracy + 1e-12 && accuracy <= high + 1e-12 && high <= 1);
          if (by === 'bytes' || by === 'quality') {
            assert.ok(accuracy >= 0.5);
            assert.equal(ruleOf(swapped, by).accuracy, accuracy);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('raise no false alarm on small sets of noise', () => {
    for (let index = 0; index < 300; index++) {
      const draws = new Draws('crop', { seed: 3, epoch: 0, index });
      const bytes = (): Partial<MadePhoto> => ({ bytes: 1 + draws.below(1e6), encoder: 'ABC'.charAt(draws.below(3)) });
      const photos = ['one', 'two'].flatMap((folder) => pairs(folder, 2 + (index % 30), bytes));
      for (const { by, low } of trivialRules(madeSet(photos))) assert.ok(low <= 0.75, `${by} of set ${index}: ${low}`);
    }
  });
});
