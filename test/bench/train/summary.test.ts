import assert from 'node:assert/strict';
import { summarise, type Measured } from '../../../bench/train/summary.js';

const round = (milliseconds: number[], peakMemoryMb: number): Measured => ({
  milliseconds,
  firstStepSeconds: milliseconds.length,
  importedMb: 100,
  peakMemoryMb,
  versions: { library: '1.2' },
});

describe('the summary of measured steps', () => {
  it('is the median over the steps of all rounds, and over the rounds of what there is once a process', () => {
    const { medians } = summarise(new Map([['ours', [round([1, 2, 30], 10), round([4, 5, 60], 30), round([7], 20)]]]));
    assert.deepEqual(medians, { oursMs: 5, oursFirstStepSeconds: 3, oursImportedMb: 100, oursPeakMb: 20 });
  });

  it('divides ours by theirs, memory too', () => {
    const { ratios } = summarise(
      new Map([
        ['ours', [round([60], 300)]],
        ['kerasGraph', [round([120], 200)]],
        ['torchEager', [round([80], 400)]],
        ['torchCompile', [round([100], 1000)]],
      ]),
    );
    const memory = { memoryKeras: 1.5, memoryTorch: 0.75, memoryTorchCompile: 0.3 };
    assert.deepEqual(ratios, { kerasGraph: 0.5, torchEager: 0.75, torchCompile: 0.6, ...memory });
  });

  it('has no ratio to a peer that was not measured', () => {
    const { ratios } = summarise(
      new Map([
        ['ours', [round([60], 300)]],
        ['torchCompile', [round([100], 1000)]],
      ]),
    );
    assert.deepEqual(ratios, { torchCompile: 0.6, memoryTorchCompile: 0.3 });
  });

  it('is none without ours', () => {
    assert.throws(() => summarise(new Map([['kerasGraph', [round([1], 1)]]])), /our own step/);
  });
});
