import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { LossKind, LossSettings } from '../../../configs/schema/losses.js';
import { pick, type Computation } from '../../../ml/engine/kernels.js';
import { chosenLoss, meanLoss } from '../../../ml/losses/losses.js';
import { ENGINES, runOnce } from '../engine/programs.js';

/** Made by golden/make_losses.py with JAX. */
const golden = JSON.parse(readFileSync('test/ml/losses/golden/losses.json', 'utf8')) as {
  readonly kind: string;
  readonly settings: Readonly<Record<string, number>>;
  readonly leads: readonly number[];
  readonly values: readonly number[];
  readonly slopes: readonly number[];
}[];

/** Relative above 1: a small temperature has large values. */
function close(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, index) => {
    const error = Math.abs((actual[index] ?? NaN) - value) / Math.max(1, Math.abs(value));
    assert.ok(error <= tolerance, `${index}: ${actual[index]}, expected ${value}`);
  });
}

describe('ranking losses', () => {
  it('are all in the golden file', () => {
    assert.deepEqual(new Set(golden.map(({ kind }) => kind)), new Set(LossKind.options));
  });

  for (const { kind, settings: own, leads, values, slopes } of golden) {
    const settings = LossSettings.parse({ kind, [kind]: own, regressionWeight: 0 });
    const name = `${kind} ${JSON.stringify(own)}`;

    it(`have JAX's values: ${name}`, () => {
      const loss = chosenLoss(settings);
      close(
        leads.map((lead) => loss.value(lead)),
        values,
        1e-12,
      );
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      // A lead of up to 2 is made of two scores of up to 1.
      const halves = (sign: number): number[] => leads.map((lead) => (sign * lead) / 2);
      close([meanLoss(halves(1), halves(-1), settings)], [mean], 1e-12);
    });

    it(`have JAX's values and derivatives in TensorFlow: ${name}`, () => {
      const spec = { shape: [leads.length], dtype: 'float32' as const };
      const weight = 0.25;
      const computation: Computation = {
        name: 'loss',
        training: true,
        inputs: new Map([
          ['lead', spec],
          ['weight', spec],
        ]),
        build(k, inputs) {
          const { losses, descent } = chosenLoss(settings).graph(k, pick(inputs, 'lead'), pick(inputs, 'weight'));
          return new Map([
            ['losses', losses],
            ['descent', descent],
          ]);
        },
      };
      const inputs = new Map([
        ['lead', Float32Array.from(leads)],
        ['weight', new Float32Array(leads.length).fill(weight)],
      ]);
      for (const engine of ENGINES) {
        const outputs = runOnce(engine, computation, inputs);
        close(pick(outputs, 'losses'), values, 1e-5);
        close(
          pick(outputs, 'descent'),
          slopes.map((slope) => -weight * slope),
          1e-5,
        );
      }
    });
  }

  it('of a hinge are the default, and of each kind the settings are optional', () => {
    assert.deepEqual(LossSettings.parse({ regressionWeight: 0.2 }), {
      kind: 'hinge',
      hinge: { margin: 0.2 },
      logistic: { temperature: 0.1 },
      regressionWeight: 0.2,
    });
  });
});
