/** How far other networks' answers are from those of a network, on the same photos: what proves that preparing it changed nothing, and what INT8 costs. */
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { encodeModel, type OnnxModel } from '../messages.js';
import type { PhotoSource } from '../photos.js';
import { THREADS, withSession } from '../session.js';
import { batchesFor, photoTensor, type PhotoInput } from './feeds.js';

/** Sums over photos and numbers of one output. */
export interface OutputError {
  readonly output: string;
  /** Squared difference; Infinity where one has no number and the other has. */
  readonly error: number;
  /** Squared distance from the mean answer, number by number: what tells photos apart. */
  readonly variance: number;
  /** Squares of the numbers. */
  readonly square: number;
}

/** Bytes of a model, or the path of one that keeps its weights in another file. */
export type Runnable = Uint8Array | string;

const BATCH = 8;
/** What rounding of float32 leaves of a network that computes the same in another order, with room. */
const ROUNDING = { ofVariance: 1e-5, ofSquare: 1e-9 };
/** Of the square: answers that differ by less are one answer, but for rounding of float32. */
const ONE_ANSWER = 1e-12;

/** Whether two networks compute the same, but for rounding. */
export function isSame(errors: readonly OutputError[]): boolean {
  return errors.every(({ error, variance, square }) => error <= ROUNDING.ofVariance * variance + ROUNDING.ofSquare * square);
}

/** Whether an output says no more of a photo than one answer for all photos would. */
export function isLost(error: OutputError): boolean {
  return !(relativeError([error]) < 1);
}

/**
 * Squared error over variance, mean over outputs. Never over the square: a network that gives the mean answer to every photo would look all but
 * exact where answers differ little.
 */
export function relativeError(errors: readonly OutputError[]): number {
  const each = errors.map(({ error, variance, square }) => (error === 0 ? 0 : error / Math.max(variance, ONE_ANSWER * square)));
  return each.reduce((sum, one) => sum + one, 0) / Math.max(1, each.length);
}

/** The outputs of each of `others` beside those of `reference`; of floats where there are any, since the number of a class says nothing of how near it is. */
export async function compareOutputs(
  reference: Runnable,
  others: readonly OnnxModel[],
  input: PhotoInput,
  source: PhotoSource,
  /** Gets how many photos have been compared, after each batch: a task that says nothing for long counts as stalled. */
  done: (photos: number) => void = () => undefined,
): Promise<readonly (readonly OutputError[])[]> {
  let compared = 0;
  const names = (others[0]?.graph.output ?? []).map(({ name }) => name);
  const sums = others.map(() => new Map<string, Sums>());
  await withSessions([reference, ...others.map(encodeModel)], async ([exact, ...sessions]) => {
    for (const { count, photos } of batchesFor(input, source, BATCH)) {
      const feeds = { [input.name]: photoTensor(input, source, photos) };
      const wanted = await exact?.run(feeds, names);
      // One after the other: sessions of two threads that run at once slow each other.
      for (const [place, session] of sessions.entries()) {
        const got = await session.run(feeds, names);
        for (const name of judged(wanted ?? {}, names)) {
          const known = sums[place]?.get(name) ?? new Sums();
          sums[place]?.set(name, known);
          known.add(tensorOf(wanted?.[name]), tensorOf(got[name]), photos.length, count);
        }
      }
      compared += photos.length;
      done(compared);
    }
  });
  return sums.map((each) => [...each].map(([output, sum]) => ({ output, ...sum.result() })));
}

function judged(results: InferenceSession.OnnxValueMapType, names: readonly string[]): readonly string[] {
  const floats = names.filter((name) => tensorOf(results[name]).type.startsWith('float'));
  return floats.length > 0 ? floats : names;
}

function tensorOf(value: unknown): Tensor {
  if (value instanceof Tensor) return value;
  throw new TypeError('an output is no tensor');
}

async function withSessions(models: readonly Runnable[], use: (sessions: readonly InferenceSession[]) => Promise<void>): Promise<void> {
  const open = (rest: readonly Runnable[], opened: readonly InferenceSession[]): Promise<void> => {
    const [model, ...more] = rest;
    return model === undefined ? use(opened) : withSession(model, { threads: THREADS }, (session) => open(more, [...opened, session]));
  };
  await open(models, []);
}

class Sums {
  private error = 0;
  private square = 0;
  private rows = 0;
  /** The first answer, which the others are counted from: small differences between large numbers stay exact. */
  private first: Float64Array | null = null;
  private sums = new Float64Array(0);
  private squares = new Float64Array(0);

  /** @param batch photos that ran, of which the first `counted` count, where the first dimension counts photos */
  add(wanted: Tensor, got: Tensor, batch: number, counted: number): void {
    const [exact, other] = [numbersOf(wanted), numbersOf(got)];
    if (exact.length !== other.length) {
      this.error = Infinity;
      return;
    }
    const rows = wanted.dims[0] === batch ? batch : 1;
    const columns = exact.length / rows;
    this.first ??= exact.slice(0, columns);
    if (this.sums.length === 0) [this.sums, this.squares] = [new Float64Array(columns), new Float64Array(columns)];
    for (let row = 0; row < Math.min(rows, counted); row++) {
      this.rows++;
      for (let column = 0; column < columns; column++)
        this.addOne(exact[row * columns + column] as number, other[row * columns + column] as number, column);
    }
  }

  private addOne(wanted: number, got: number, column: number): void {
    if (!Number.isFinite(wanted)) {
      if (!Object.is(wanted, got)) this.error = Infinity;
      return;
    }
    const away = wanted - (this.first?.[column] ?? 0);
    this.error += Number.isFinite(got) ? (wanted - got) ** 2 : Infinity;
    this.square += wanted ** 2;
    this.sums[column] = (this.sums[column] as number) + away;
    this.squares[column] = (this.squares[column] as number) + away ** 2;
  }

  result(): { readonly error: number; readonly variance: number; readonly square: number } {
    let variance = 0;
    for (let column = 0; column < this.sums.length; column++)
      variance += Math.max(0, (this.squares[column] as number) - (this.sums[column] as number) ** 2 / this.rows);
    return { error: this.error, variance, square: this.square };
  }
}

function numbersOf({ data }: Tensor): Float64Array {
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}
