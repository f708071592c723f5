/**
 * A photo to the small square that training sees, row by row, so that no second copy of a large photo is ever in memory.
 *
 * What training reads was made so as well (ml/images/native/square.h): under a triangle as wide as the ratio of the sides, never narrower than one
 * pixel to each side, its weights divided by their sum, as in Pillow's BILINEAR and torchvision's `antialias=True`. Both directions in floating
 * point, rounded to 8 bits once at the end. Here lines are summed across first, there down first: the last bits of a sum differ, and with
 * them now and then a level of 255.
 */
import { centreOffset, resizedSides } from '../../ml/images/geometry.js';

const CHANNELS = 3;

/** Which pixels of a line make the pixels [begin, begin + count) of the resized line, and with what weights. */
interface Taps {
  /** For each pixel the first that counts. */
  readonly first: Int32Array;
  /** For each pixel how many count. */
  readonly counts: Int32Array;
  /** `width` for each pixel, summing to 1. */
  readonly weights: Float32Array;
  readonly width: number;
}

/** @param from pixels of the line @param to pixels of the resized line */
function tapsOf(from: number, to: number, begin: number, count: number): Taps {
  const ratio = from / to;
  const support = Math.max(ratio, 1);
  const width = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Float32Array(count * width);
  for (let at = 0; at < count; at++) {
    const centre = (begin + at + 0.5) * ratio;
    const low = Math.max(0, Math.trunc(centre - support + 0.5));
    const high = Math.min(from, Math.trunc(centre + support + 0.5));
    const own = Array.from({ length: high - low }, (_, tap) => Math.max(0, 1 - Math.abs(low + tap - centre + 0.5) / support));
    const sum = own.reduce((total, weight) => total + weight, 0);
    own.forEach((weight, tap) => (weights[at * width + tap] = weight / sum));
    first[at] = low;
    counts[at] = high - low;
  }
  return { first, counts, weights, width };
}

/** The part of a photo that its central square is made from, in pixels. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Takes the rows of {@link region} from the top, each once; then {@link pixels} is the square. */
export class CentralSquare {
  readonly region: Region;
  readonly #across: Taps;
  readonly #down: Taps;
  readonly #sums: Float32Array;
  readonly #row: Float32Array;
  #next = 0;
  #lowest = 0;

  /**
   * @param width of the upright photo @param height likewise
   * @param size of the shortest side after resizing @param crop side of the central square, at most `size`
   */
  constructor(
    width: number,
    height: number,
    size: number,
    private readonly crop: number,
  ) {
    const sides = resizedSides(width, height, size);
    // Training cuts twice: the cache's square of `size`, and of that the network's of `crop`.
    const inner = centreOffset(size, crop);
    this.#across = tapsOf(width, sides.width, centreOffset(sides.width, size) + inner, crop);
    this.#down = tapsOf(height, sides.height, centreOffset(sides.height, size) + inner, crop);
    const [left, right] = extent(this.#across);
    const [top, bottom] = extent(this.#down);
    this.region = { left, top, width: right - left, height: bottom - top };
    this.#sums = new Float32Array(crop * crop * CHANNELS);
    this.#row = new Float32Array(crop * CHANNELS);
  }

  /** @param rgba whole rows of the region, four bytes a pixel; the fourth is not looked at */
  addRows(rgba: Uint8ClampedArray): void {
    const stride = this.region.width * 4;
    for (let from = 0; from < rgba.length; from += stride) this.#addRow(rgba, from);
  }

  /** crop x crop x 3 bytes, RGB interleaved, rows from the top. */
  pixels(): Uint8Array {
    if (this.#next !== this.region.height) throw new Error(`${this.#next} of ${this.region.height} rows were given`);
    return Uint8Array.from(this.#sums, (value) => Math.min(255, Math.max(0, Math.round(value))));
  }

  #addRow(rgba: Uint8ClampedArray, from: number): void {
    const { first, counts, weights, width } = this.#across;
    const row = this.#row;
    for (let to = 0; to < this.crop; to++) {
      let at = from + ((first[to] as number) - this.region.left) * 4;
      const end = to * width + (counts[to] as number);
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let tap = to * width; tap < end; tap++, at += 4) {
        const weight = weights[tap] as number;
        red += weight * (rgba[at] as number);
        green += weight * (rgba[at + 1] as number);
        blue += weight * (rgba[at + 2] as number);
      }
      row[to * CHANNELS] = red;
      row[to * CHANNELS + 1] = green;
      row[to * CHANNELS + 2] = blue;
    }
    this.#addLine(this.region.top + this.#next++);
  }

  /** #row to all rows of the square that it counts for. @param line of the photo */
  #addLine(line: number): void {
    const { first, counts, weights, width } = this.#down;
    while (this.#lowest < this.crop && (first[this.#lowest] as number) + (counts[this.#lowest] as number) <= line) this.#lowest++;
    const length = this.#row.length;
    for (let to = this.#lowest; to < this.crop && (first[to] as number) <= line; to++) {
      const weight = weights[to * width + line - (first[to] as number)] as number;
      const at = to * length;
      for (let x = 0; x < length; x++) this.#sums[at + x] = (this.#sums[at + x] as number) + weight * (this.#row[x] as number);
    }
  }
}

/** From the first pixel that counts to the one behind the last. */
function extent({ first, counts }: Taps): readonly [from: number, to: number] {
  const last = first.length - 1;
  return [first[0] as number, (first[last] as number) + (counts[last] as number)];
}
