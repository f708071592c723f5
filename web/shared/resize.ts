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

/** Which pixels of a line make the pixels [begin, begin + count) of the resized line, and with what weights. */
interface Taps {
  /** For each pixel the first that counts. */
  readonly first: Int32Array;
  /** For each pixel how many count. */
  readonly counts: Int32Array;
  /** `width` for each pixel; they sum to 1. */
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
  const width = (Math.ceil(support) * 2 + 1) * box;
  const first = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Float32Array(count * width);
  for (let at = 0; at < count; at++) {
    const centre = (begin + at + 0.5) * ratio;
    const low = Math.max(0, Math.trunc(centre - support + 0.5));
    const high = Math.min(boxes, Math.trunc(centre + support + 0.5));
    const own = Array.from({ length: high - low }, (_, tap) => Math.max(0, 1 - Math.abs(low + tap - centre + 0.5) / support));
    const sum = own.reduce((total, weight) => total + weight, 0);
    first[at] = low * box;
    counts[at] = Math.min(high * box, from) - low * box;
    own.forEach((weight, tap) => {
      for (let inside = 0; inside < box; inside++) {
        // The last box may reach over the edge: the outermost pixel stands for what is not there.
        const pixel = Math.min((low + tap) * box + inside, from - 1) - low * box;
        weights[at * width + pixel] = (weights[at * width + pixel] as number) + weight / sum / box;
      }
    });
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
    const y = this.region.top + this.#next++;
    this.#shrinkRow(rgba, from);
    const { first, counts, weights, width } = this.#down;
    while (this.#lowest < this.crop && (first[this.#lowest] as number) + (counts[this.#lowest] as number) <= y) this.#lowest++;
    const length = this.#row.length;
    for (let to = this.#lowest; to < this.crop && (first[to] as number) <= y; to++) {
      const weight = weights[to * width + y - (first[to] as number)] as number;
      const at = to * length;
      for (let x = 0; x < length; x++) this.#sums[at + x] = (this.#sums[at + x] as number) + weight * (this.#row[x] as number);
    }
  }

  #shrinkRow(rgba: Uint8ClampedArray, from: number): void {
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
  }
}

/** From the first pixel that counts to the one behind the last. */
function extent({ first, counts }: Taps): readonly [from: number, to: number] {
  const last = first.length - 1;
  return [first[0] as number, (first[last] as number) + (counts[last] as number)];
}
