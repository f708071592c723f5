/**
 * libheif with libde265, compiled to WebAssembly (package libheif-js): what sharp's libheif was built without. Of its C interface (libheif/heif.h)
 * only what a picture takes.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Numbers are addresses in its memory, where nothing else is said. Functions that fail write a `heif_error` to their first address. */
export interface LibHeif {
  /** Another array whenever the memory grows. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _heif_context_alloc(): number;
  /** Its first member that counts is at byte 8: the most pixels of a picture, 64 bits. */
  _heif_context_get_security_limits(context: number): number;
  /** @param options 0 */
  _heif_context_read_from_memory(error: number, context: number, bytes: number, length: number, options: number): void;
  _heif_context_get_primary_image_handle(error: number, context: number, handleOut: number): void;
  _heif_image_handle_has_alpha_channel(handle: number): 0 | 1;
  /** In bits; -1 where nobody knows. */
  _heif_image_handle_get_luma_bits_per_pixel(handle: number): number;
  _heif_decoding_options_alloc(): number;
  _heif_decode_image(error: number, handle: number, imageOut: number, colours: number, layout: number, options: number): void;
  /** In pixels; -1 where there is no such channel. */
  _heif_image_get_width(image: number, channel: number): number;
  _heif_image_get_height(image: number, channel: number): number;
  /** In bits, of each sample. */
  _heif_image_get_bits_per_pixel_range(image: number, channel: number): number;
  /** Its first row; the bytes from one to the next are written to `strideOut`. */
  _heif_image_get_plane_readonly2(image: number, channel: number, strideOut: number): number;
}

type Make = (options: { wasmBinary: Uint8Array; print: () => void; printErr: () => void }) => LibHeif;

const require = createRequire(import.meta.url);
const silent = (): void => undefined;
let found: { readonly make: Make; readonly wasmBinary: Uint8Array } | null = null;

/** Read from disk once a HEIC comes. Each photo gets a memory of its own: it goes with the photo, and what one photo broke no other meets. */
export function freshLibHeif(): LibHeif {
  found ??= {
    make: require('libheif-js/libheif-wasm/libheif.js') as Make,
    wasmBinary: readFileSync(require.resolve('libheif-js/libheif-wasm/libheif.wasm')),
  };
  const { make, wasmBinary } = found;
  return make({ wasmBinary, print: silent, printErr: silent });
}
