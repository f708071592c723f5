/** What the page says, in words. */
import type { Ready } from '../shared/messages.js';
import type { Runtime } from '../shared/manifest.js';

const RUNTIMES: Readonly<Record<Runtime, (threads: number) => string>> = {
  webgpu: () => 'WebGPU',
  'wasm-threads': (threads) => `WebAssembly, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  wasm: () => 'WebAssembly, 1 thread',
};

const FILES: Readonly<Record<string, string>> = { fp32: 'float32', onnx: 'float32', 'int8-weights': 'weights in INT8' };

export function describeModel({ version, trainedAt, synthetic, file, bytes, runtime, threads, scores, remarks }: Ready): string {
  const facts = [
    `Model ${version}, trained ${trainedAt.slice(0, 10)}`,
    `${FILES[file] ?? file}, ${(bytes / 1e6).toFixed(1)} MB, verified by sha256`,
    RUNTIMES[runtime](threads),
  ];
  const warnings = [
    ...(synthetic ? ['It learned from made pairs, so its order says little about taste.'] : []),
    ...(scores === null
      ? ['The model does not tell how its test photos scored: no percentiles, and no word on scores that are close.']
      : []),
    ...remarks.map((remark) => `${remark}.`),
  ];
  return [`${facts.join(' · ')}.`, ...warnings].join(' ');
}

export function describeScore(score: number, percentile: number | null): string {
  const place = percentile === null ? '' : `, better than ${Math.round(percentile)} % of the test photos`;
  return `Score ${signed(score)}${place}`;
}

export function describeClose(gap: number, close: number): string {
  return (
    `Too close to call: the photos above and below this line are ${gap.toFixed(4)} apart. ` +
    `On photos that the model had never seen, two scores nearer than ${close.toFixed(4)} were often in the wrong order.`
  );
}

export function countOf(count: number): string {
  return count === 1 ? '1 photo' : `${count} photos`;
}

function signed(score: number): string {
  return `${score < 0 ? '−' : ''}${Math.abs(score).toFixed(4)}`;
}
