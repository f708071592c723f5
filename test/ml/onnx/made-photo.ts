/** Photos made of whole numbers alone, so that golden/make_pixels_golden.py makes the same. */

/** Sizes to prepare: portrait and landscape, odd sides, the square itself, from less than the square to 12 megapixels. */
export const PHOTO_SIZES: readonly (readonly [width: number, height: number])[] = [
  [256, 256],
  [257, 256],
  [301, 1025],
  [640, 427],
  [1023, 767],
  [3000, 4000],
  [4000, 2251],
  [224, 300],
  [5, 3],
];

/** width x height x 3 bytes: slopes with wraps at 256, and blocks of 8 px of their own grey. */
export function madePhoto(width: number, height: number): Uint8Array {
  const pixels = new Uint8Array(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < 3; channel++) pixels[at++] = (3 * x + 5 * y + 40 * channel + 91 * (x >> 3) * (1 + (y >> 3))) & 255;
  return pixels;
}
