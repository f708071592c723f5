/** Sides and offsets as torchvision has them, so that a photo is cut at the same pixel (torchvision.transforms Resize, CenterCrop). */

/** Width and height after resizing the shortest side to `size`; the longer side is rounded down. */
export function resizedSides(width: number, height: number, size: number): { readonly width: number; readonly height: number } {
  return width <= height
    ? { width: size, height: Math.floor((size * height) / width) }
    : { width: Math.floor((size * width) / height), height: size };
}

/** Where the central `inner` pixels of `outer` begin; halves go to the even number, as in Python. */
export function centreOffset(outer: number, inner: number): number {
  const half = (outer - inner) / 2;
  const below = Math.floor(half);
  if (half - below !== 0.5) return Math.round(half);
  return below % 2 === 0 ? below : below + 1;
}
