import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { repeatedKey } from '../../../ml/files/repeated-key.js';

describe('a key that an object holds twice', () => {
  for (const [text, found] of [
    ['{"a": 1, "a": 2}', { key: 'a', offset: 9 }],
    ['{"a": {"b": 1}, "c": [{"b": 1}, {"b": 1, "d": 2, "b": 3}]}', { key: 'b', offset: 49 }],
    [String.raw`{"\u0061" : "x", "a": 1}`, { key: 'a', offset: 17 }],
    [String.raw`{"\"": 1, "\"": 1}`, { key: '"', offset: 10 }],
    ['{"a": "a", "b": ["a", "a"]}', null],
    [String.raw`{"a\\": 1, "a": "}, \"a\": 1"}`, null],
    ['[]', null],
    ['"a"', null],
  ] as const)
    it(`is ${found === null ? 'not found' : 'found'} in ${text}`, () => {
      assert.deepEqual(repeatedKey(text), found);
    });

  it('is never found in what JSON.stringify wrote', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(repeatedKey(JSON.stringify(value, null, 1)), null)));
  });
});
