/**
 * Means of a picture's grey values over boxes of any size, each from four look-ups in a table of sums from the upper left corner (Crow,
 * "Summed-area tables for texture mapping", SIGGRAPH 1984).
 */
export class GreySums {
  readonly #sums: Float64Array;
  /** Standard deviation of the grey values, which are in [0, 255]. */
  readonly deviation: number;

  /**
   * @param pixels side x side x 3 bytes, RGB interleaved, rows from the top.
   * @param sums (side + 1) squared zeros, or what an earlier picture of this size left, which is then done with.
   */
  constructor(
    pixels: Uint8Array,
    readonly side: number,
    sums = new Float64Array((side + 1) ** 2),
  ) {
    const stride = side + 1;
    let squares = 0;
    let at = 0;
    for (let y = 1; y <= side; y++) {
      let row = 0;
      for (let x = 1; x <= side; x++, at += 3) {
        // ITU-R BT.601, as Pillow's conversion to grey has it.
        const grey = 0.299 * (pixels[at] as number) + 0.587 * (pixels[at + 1] as number) + 0.114 * (pixels[at + 2] as number);
        row += grey;
        squares += grey * grey;
        sums[y * stride + x] = (sums[(y - 1) * stride + x] as number) + row;
      }
    }
    this.#sums = sums;
    const mean = (sums[sums.length - 1] as number) / side ** 2;
    this.deviation = Math.sqrt(Math.max(0, squares / side ** 2 - mean ** 2));
  }

  /** Mean over the square of 2 `half` pixels a side about a point between pixels, all in whole pixels and inside the picture. */
  mean(x: number, y: number, half: number): number {
    const stride = this.side + 1;
    const top = (y - half) * stride + x;
    const bottom = (y + half) * stride + x;
    const sums = this.#sums;
    const sum =
      (sums[bottom + half] as number) - (sums[bottom - half] as number) - (sums[top + half] as number) + (sums[top - half] as number);
    return sum / (4 * half * half);
  }

  /** Writes the means of `count` x `count` cells of a square to `out`, row by row; cells may begin and end inside pixels. */
  writeCells(left: number, top: number, side: number, count: number, out: Float64Array): void {
    const cell = side / count;
    const stride = count + 1;
    const corners = new Float64Array(stride * stride);
    for (let row = 0; row <= count; row++) {
      for (let column = 0; column <= count; column++) corners[row * stride + column] = this.#at(left + column * cell, top + row * cell);
    }
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < count; column++) {
        const at = row * stride + column;
        const above = (corners[at + 1] as number) - (corners[at] as number);
        const below = (corners[at + stride + 1] as number) - (corners[at + stride] as number);
        out[row * count + column] = (below - above) / (cell * cell);
      }
    }
  }

  /** The sum up to a point inside a pixel. */
  #at(x: number, y: number): number {
    const stride = this.side + 1;
    const column = Math.min(this.side - 1, Math.floor(x));
    const row = Math.min(this.side - 1, Math.floor(y));
    const right = x - column;
    const down = y - row;
    const at = row * stride + column;
    const sums = this.#sums;
    const above = (1 - right) * (sums[at] as number) + right * (sums[at + 1] as number);
    const below = (1 - right) * (sums[at + stride] as number) + right * (sums[at + stride + 1] as number);
    return (1 - down) * above + down * below;
  }
}
