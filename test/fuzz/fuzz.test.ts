/** Every parser of outside bytes: what was found once stays mended, and some hundred inputs are read or refused in words. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { corpusOf } from './inputs.js';
import { Dice, mutated } from './mutate.js';
import { PARSERS } from './parsers.js';
import { Reader } from './reader.js';

/** By how long a reader takes for one: a few seconds in all. */
const FEW: Readonly<Record<string, number>> = { hdf5: 10, photo: 60, onnx: 100 };
const USUAL = 200;
const SEED = 1;

describe('parsers of outside bytes', function () {
  this.timeout(120_000);
  let reader: Reader;
  before(() => {
    reader = new Reader();
  });
  after(() => reader.close());

  // The operations of TensorFlow have tests of their own (ml/engine/own.test.ts).
  for (const { name, seeds } of PARSERS.filter(({ native }) => native !== 'kernels'))
    it(`take or refuse what ${name} is given, within limits`, async () => {
      const real = (await corpusOf(name)).length + (await seeds()).length;
      const count = real + (FEW[name] ?? USUAL);
      const { findings, inputs, outcomes } = await reader.run({ parser: name, seed: SEED, first: 0, count, file: null });
      assert.deepEqual(
        findings.map(({ kind, index, detail }) => `input ${index} ${kind}: ${detail}`),
        [],
      );
      assert.equal(inputs, count);
      // A parser that takes none of its own seeds would show nothing.
      assert.ok((outcomes.get('taken') ?? 0) > 0, JSON.stringify([...outcomes]));
    });

  it('have a folder in the corpus only where there is such a parser', async () => {
    const names = PARSERS.map(({ name }) => name);
    assert.deepEqual(
      (await readdir(join('test', 'fuzz', 'corpus'))).filter((folder) => !names.includes(folder)),
      [],
    );
  });
});

describe('made inputs', () => {
  it('are the same for the same seed and number, and others for another', () => {
    const seeds = [Buffer.from('one 1'), Buffer.from('two 22')];
    const make = (seed: number): string[] =>
      Array.from({ length: 50 }, (_, index) => mutated(seeds, ['word'], undefined, new Dice(seed, index)).toString('hex'));
    assert.deepEqual(make(3), make(3));
    assert.notDeepEqual(make(3), make(4));
  });
});
