import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { canonicalJson, fingerprint } from '../../workflows/fingerprint.js';
import { planned } from './plans.js';

const task = planned('train', { settings: { loop: { pairs: 16, clip: 5 }, seed: 0 } });
const inputs = [
  { name: 'cache', sha256: 'a'.repeat(64) },
  { name: 'index', sha256: 'b'.repeat(64) },
];

describe('a fingerprint', () => {
  it('is sha256 over activity, version, settings and input digests, keys sorted', () => {
    const text = `{"inputs":{"cache":"${'a'.repeat(64)}","index":"${'b'.repeat(64)}"},"settings":{"loop":{"clip":5,"pairs":16},"seed":0},"uses":"train","version":1}`;
    assert.equal(fingerprint(task, inputs), createHash('sha256').update(text).digest('hex'));
  });

  it('does not depend on the order of keys and inputs', () => {
    const turned = { ...task, settings: { seed: 0, loop: { clip: 5, pairs: 16 } } };
    assert.equal(fingerprint(turned, [...inputs].reverse()), fingerprint(task, inputs));
  });

  for (const [what, change] of Object.entries({
    version: { version: 2 },
    activity: { uses: 'other' },
    setting: { settings: { loop: { pairs: 8, clip: 5 }, seed: 0 } },
  })) {
    it(`changes with the ${what}`, () => assert.notEqual(fingerprint({ ...task, ...change }, inputs), fingerprint(task, inputs)));
  }

  it('changes with an input, but not with limits and names', () => {
    assert.notEqual(fingerprint(task, [{ name: 'cache', sha256: 'c'.repeat(64) }]), fingerprint(task, inputs));
    const renamed = { ...task, name: 'other', timeoutMs: 1, retry: { attempts: 9, backoffMs: 1 } };
    assert.equal(fingerprint(renamed, inputs), fingerprint(task, inputs));
  });

  it('takes any JSON value, and equal values give equal text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        assert.equal(canonicalJson(JSON.parse(text)), text);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
