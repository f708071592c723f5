/**
 * A photo to the small square that training sees, row by row, so that no second copy of a large photo is ever in memory.
 *
 * What training reads was made by libvips' linear kernel (ml/images/decode.ts), so this is what libvips does: a triangle as wide as the ratio
 * of the sides (never narrower than one pixel to each side), its weights divided by their sum, as in Pillow's BILINEAR and torchvision's
 * `antialias=True`. Where the ratio is 4 or more, libvips takes the mean of boxes of pixels first, so that a ratio of 2 to 4 is left to the
 * triangle (`gap` of vips_resize); Pillow does not. Both directions in floating point, rounded to 8 bits once at the end, where libvips rounds
 * after each step and knows 64 places between two pixels: hence differences of one level of 255 in a fifth to two thirds of the pixels, of two
 * in less than one of a hundred, and of no more (docs/web.md). Only photos whose shortest side is below `size`, which training has
 * few of, differ by more: libvips enlarges with half a pixel's shift, and this does not.
 */
import { centreOffset, resizedSides } from '../../ml/images/geometry.js';

const CHANNELS = 3;

/** Which boxes of a line make the pixels [begin, begin + count) of the resized line, and with what weights. */
interface Taps {
  /** Pixels of a box; the last of the line may be cut off. */
  readonly box: number;
  /** For each pixel the first box that counts. */
  readonly first: Int32Array;
  /** For each pixel how many boxes count. */
  readonly counts: Int32Array;
  /** `width` for each pixel; they sum to 1 / box, so that they take sums of boxes. */
  readonly weights: Float32Array;
  readonly width: number;
}

/** Ratio that is left to the triangle at least where boxes come first: libvips' `gap`. */
const GAP = 2;

/** @param from pixels of the line @param to pixels of the resized line */
function tapsOf(from: number, to: number, begin: number, count: number): Taps {
  const box = Math.max(1, Math.floor(from / to / GAP));
  const boxes = Math.ceil(from / box);
  const ratio = from / to / box;
  const support = Math.max(ratio, 1);
  const width = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Float32Array(count * width);
  for (let at = 0; at < count; at++) {
    const centre = (begin + at + 0.5) * ratio;
    const low = Math.max(0, Math.trunc(centre - support + 0.5));
    const high = Math.min(boxes, Math.trunc(centre + support + 0.5));
    const own = Array.from({ length: high - low }, (_, tap) => Math.max(0, 1 - Math.abs(low + tap - centre + 0.5) / support));
    const sum = own.reduce((total, weight) => total + weight, 0);
    own.forEach((weight, tap) => (weights[at * width + tap] = weight / sum / box));
    first[at] = low;
    counts[at] = high - low;
  }
  return { box, first, counts, weights, width };
}

/** How often a pixel counts: the outermost of a line stands for what its box lacks. */
function timesOf(pixel: number, from: number, box: number): number {
  return pixel === from - 1 ? box - (pixel % box) : 1;
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
  /** Sums of the boxes of one line of boxes, so far. */
  readonly #boxes: Float32Array;
  readonly #row: Float32Array;
  #next = 0;
  #lowest = 0;

  /**
   * @param width of the upright photo @param height likewise
   * @param size of the shortest side after resizing @param crop side of the central square, at most `size`
   */
  constructor(
    private readonly width: number,
    private readonly height: number,
    size: number,
    private readonly crop: number,
  ) {
    const sides = resizedSides(width, height, size);
    // Training cuts twice: the cache's square of `size`, and of that the network's of `crop`.
    const inner = centreOffset(size, crop);
    this.#across = tapsOf(width, sides.width, centreOffset(sides.width, size) + inner, crop);
    this.#down = tapsOf(height, sides.height, centreOffset(sides.height, size) + inner, crop);
    const [left, right] = extent(this.#across, width);
    const [top, bottom] = extent(this.#down, height);
    this.region = { left, top, width: right - left, height: bottom - top };
    this.#sums = new Float32Array(crop * crop * CHANNELS);
    this.#row = new Float32Array(crop * CHANNELS);
    this.#boxes = new Float32Array(Math.ceil((right - left) / this.#across.box) * CHANNELS);
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
    const y = this.region.top + this.#next++;
    const { box } = this.#down;
    this.#addToBoxes(rgba, from, timesOf(y, this.height, box));
    if ((y + 1) % box !== 0 && y !== this.height - 1) return;
    this.#shrinkBoxes();
    this.#addLine(Math.floor(y / box));
    this.#boxes.fill(0);
  }

  /** @param times how often the row counts */
  #addToBoxes(rgba: Uint8ClampedArray, from: number, times: number): void {
    const boxes = this.#boxes;
    const { box } = this.#across;
    const { left, width } = this.region;
    let at = from;
    for (let x = 0, to = 0; x < width; to += CHANNELS) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (const end = Math.min(x + box, width); x < end; x++, at += 4) {
        const counts = left + x === this.width - 1 ? timesOf(left + x, this.width, box) : 1;
        red += counts * (rgba[at] as number);
        green += counts * (rgba[at + 1] as number);
        blue += counts * (rgba[at + 2] as number);
      }
      boxes[to] = (boxes[to] as number) + times * red;
      boxes[to + 1] = (boxes[to + 1] as number) + times * green;
      boxes[to + 2] = (boxes[to + 2] as number) + times * blue;
    }
  }

  /** The line of boxes across, to #row. */
  #shrinkBoxes(): void {
    const { box, first, counts, weights, width } = this.#across;
    const boxes = this.#boxes;
    const row = this.#row;
    for (let to = 0; to < this.crop; to++) {
      let at = ((first[to] as number) - this.region.left / box) * CHANNELS;
      const end = to * width + (counts[to] as number);
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let tap = to * width; tap < end; tap++, at += CHANNELS) {
        const weight = weights[tap] as number;
        red += weight * (boxes[at] as number);
        green += weight * (boxes[at + 1] as number);
        blue += weight * (boxes[at + 2] as number);
      }
      row[to * CHANNELS] = red;
      row[to * CHANNELS + 1] = green;
      row[to * CHANNELS + 2] = blue;
    }
  }

  /** #row to all rows of the square that it counts for. @param line number of the line of boxes in the photo */
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

/** From the first pixel that counts to the one behind the last. @param from pixels of the line */
function extent({ box, first, counts }: Taps, from: number): readonly [from: number, to: number] {
  const last = first.length - 1;
  return [(first[0] as number) * box, Math.min(from, ((first[last] as number) + (counts[last] as number)) * box)];
}
