/**
 * Why the numbers of a step are out of bounds: the batch is run once more with the state as it was before it, and every value on the
 * way is looked at, in the order in which they are made. The forward pass runs eagerly, because a graph hands out only what it ends
 * with; the gradients run on the engine that trains, because theirs are the numbers that failed. It happens once, at the end of a
 * training that goes no further, so an ordinary step pays nothing for it.
 */
import { INPUT, type Network } from '../network/network.js';
import { gradientsComputation, type ComputationSettings } from './computations.js';
import { forward } from './forward.js';
import { pick, type Computation, type Value, type ValueSpec } from './kernels.js';
import { layoutsOf } from './layout.js';
import type { Learner, MicroBatch } from './learner.js';
import { cast } from './ops.js';

export interface Diagnosis {
  /** What was found: a sentence without its full stop. */
  readonly finding: string;
  /** The photos it was found in, by their place among the pairs of the step. */
  readonly photos: readonly PhotoPlace[];
}

export interface PhotoPlace {
  /** From 0, over all micro-batches. */
  readonly pair: number;
  readonly side: 'good' | 'bad';
}

/** A micro-batch, and the place of its first pair in the step. */
interface Part {
  readonly batch: MicroBatch;
  readonly first: number;
}

/** The largest size of a finite output, and whose it is. */
interface Largest {
  readonly output: string;
  readonly size: number;
}

/** @param batches of a step that was not taken */
export function diagnose(learner: Learner, batches: readonly MicroBatch[]): Diagnosis {
  let pairs = 0;
  const parts = batches.map((batch): Part => ({ batch, first: (pairs += batch.pairs) - batch.pairs }));
  const broken = [...learner.toStored()].filter(([, { data }]) => badRows(data, 1).length > 0).map(([name]) => name);
  if (broken.length > 0) return { finding: `before the step ${listed(broken, 3)} held numbers that are not finite`, photos: allOf(parts) };
  const largest: Largest[] = [];
  for (const part of parts) {
    const found = lookForward(learner, part, largest);
    if (found !== null) return found;
  }
  return lookBack(learner, parts, pairs, largest);
}

/** Looks for the first value of the forward pass that is not finite; null where all are, and then adds to `largest`. */
function lookForward(learner: Learner, part: Part, largest: Largest[]): Diagnosis | null {
  const { network, settings } = learner;
  const { batch } = part;
  const photos = badRows(batch.photos, 2 * batch.pairs);
  if (photos.length > 0)
    return { finding: 'photos hold numbers that are not finite once they are normalised', photos: placesOf(part, photos) };
  const sizes = new Map([[INPUT, largestOf(batch.photos)]]);
  let found: Diagnosis | null = null;
  learner.inspect(everyValue(network, batch.pairs, settings), batch, { eagerly: true }, (output, values) => {
    if (found !== null) return;
    const rows = badRows(values, 2 * batch.pairs);
    if (rows.length === 0) sizes.set(output, largestOf(values));
    else found = { finding: firstBad(network, output, sizes), photos: placesOf(part, rows) };
  });
  if (found === null) largest.push(...[...sizes].filter(([output]) => output !== INPUT).map(([output, size]) => ({ output, size })));
  return found;
}

function firstBad(network: Network, output: string, sizes: ReadonlyMap<string, number>): string {
  const node = network.nodes.find((candidate) => candidate.output === output);
  if (node === undefined) throw new Error(`no node gives ${output}`);
  return `${output} (${node.op}) is the first layer whose output is not finite; the largest number that goes into it is ${inShort(sizes.get(node.input))}`;
}

/** Looks for gradients that are not finite, the last layer's first, since they run backwards; else tells where most of their norm is. */
function lookBack(learner: Learner, parts: readonly Part[], pairs: number, largest: readonly Largest[]): Diagnosis {
  const { network, settings } = learner;
  const sums = new Map<string, Float64Array>();
  for (const part of parts) {
    const bad: string[] = [];
    const computation = gradientsComputation(network, part.batch.pairs, pairs, true, settings);
    learner.inspect(computation, part.batch, { eagerly: false }, (output, values) => {
      if (!output.startsWith(SUM)) return;
      const name = output.slice(SUM.length);
      if (badRows(values, 1).length > 0) bad.push(name);
      const sum = sums.get(name) ?? new Float64Array(values.length);
      values.forEach((value, at) => (sum[at] = (sum[at] ?? 0) + value));
      sums.set(name, sum);
    });
    if (bad.length > 0) {
      const last = network.parameters.filter(({ name }) => bad.includes(name)).reverse();
      const names = listed(
        last.map(({ name }) => name),
        3,
      );
      return { finding: `every layer's output is finite (${ofLargest(largest)}), the gradient of ${names} is not`, photos: allOf([part]) };
    }
  }
  return { finding: `every layer's output is finite (${ofLargest(largest)}); ${dominating(sums)}`, photos: allOf(parts) };
}

const SUM = 'sum/';
/** The parameters that are named together hold at least this share of the gradient's squared norm. */
const MOST = 0.5;

function dominating(gradients: ReadonlyMap<string, Float64Array>): string {
  const squares = [...gradients].map(([name, values]) => ({ name, square: values.reduce((sum, value) => sum + value * value, 0) }));
  squares.sort((a, b) => b.square - a.square);
  const total = squares.reduce((sum, { square }) => sum + square, 0);
  if (total === 0) return 'every gradient is zero';
  let share = 0;
  const names = squares.filter(({ square }) => {
    const needed = share < MOST;
    if (needed) share += square / total;
    return needed;
  });
  const shown = listed(
    names.map(({ name }) => name),
    3,
  );
  return `${Math.round(100 * share)} % of the gradients' squared norm is that of ${shown}`;
}

/** Every node's output, in float32, in the order in which they are made. */
function everyValue(network: Network, pairs: number, { crop, precision }: ComputationSettings): Computation {
  const float = (shape: readonly number[]): ValueSpec => ({ shape, dtype: 'float32' });
  const parameters = [...layoutsOf(network)].map(([name, { shape }]) => [name, float(shape)] as const);
  return {
    name: `every-value-${pairs}`,
    training: true,
    inputs: new Map([['photos', float([2 * pairs, crop, crop, 3])], ...parameters]),
    build(k, inputs) {
      const run = forward(k, network, inputs, pick(inputs, 'photos'), { training: true, precision });
      const values = new Map<string, Value>();
      const given = new Set<Value['ref']>();
      for (const { output } of network.nodes) {
        const value = cast(k, run.value(output), 'float32');
        // A node that hands its input on makes no value of its own.
        if (!given.has(value.ref)) values.set(output, value);
        given.add(value.ref);
      }
      return values;
    },
  };
}

/** Which of `rows` equal parts of `values` hold a number that is not finite. */
function badRows(values: Float32Array, rows: number): number[] {
  const length = values.length / rows;
  const bad: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let at = row * length; at < (row + 1) * length; at++) {
      if (Number.isFinite(values[at])) continue;
      bad.push(row);
      break;
    }
  }
  return bad;
}

function largestOf(values: Float32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}

function ofLargest(largest: readonly Largest[]): string {
  const [first, ...others] = largest;
  if (first === undefined) throw new Error('a network without nodes');
  const { output, size } = others.reduce((best, other) => (other.size > best.size ? other : best), first);
  return `the largest number is ${inShort(size)}, of ${output}`;
}

/** Row r of a micro-batch of P pairs is the good photo of pair r, or the bad one of pair r - P. */
function placesOf({ batch: { pairs }, first }: Part, rows: readonly number[]): PhotoPlace[] {
  return rows.map((row) => ({ pair: first + (row % pairs), side: row < pairs ? 'good' : 'bad' }));
}

function allOf(parts: readonly Part[]): PhotoPlace[] {
  return parts.flatMap((part) => placesOf(part, [...Array(2 * part.batch.pairs).keys()]));
}

/** `a, b, c and 5 more`. */
export function listed(names: readonly string[], most: number): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}

export function inShort(value: number | undefined): string {
  return value === undefined ? 'unknown' : String(Number(value.toPrecision(3)));
}
