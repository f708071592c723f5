/** One HEIC to its pixels, upright: libheif crops, turns and mirrors as the file says, and puts the tiles of phones together. */
import { Problem } from '../../../configs/problem.js';
import { freshLibHeif, type LibHeif } from './libheif.js';

export interface HeicPixels {
  readonly width: number;
  readonly height: number;
  /** RGB, or RGB with alpha. */
  readonly channels: 3 | 4;
  /** Interleaved, rows from the top, in the photo's own colours. 16 bits where the photo has more than 8: 65535 is its white. */
  readonly samples: Uint8Array | Uint16Array;
}

/** Numbers of libheif/heif_image.h. */
const RGB = 1;
const INTERLEAVED = 10;
/** Layouts by bits a sample and channels; two bytes have the lower one first. */
const LAYOUTS = { 8: { 3: 10, 4: 11 }, 16: { 3: 14, 4: 15 } } as const;
/** Where members of structures lie (libheif/heif_security.h, heif_decoding.h): the most pixels; whether what can be passed over fails. */
const [MOST_PIXELS, STRICT] = [8, 21];
const ERROR_BYTES = 12;

/** @param mostPixels of a picture in the file, before it is cropped @throws Problem PHOTO where it cannot be decoded */
export function decodeHeic(bytes: Uint8Array, mostPixels: number): HeicPixels {
  const library = freshLibHeif();
  try {
    return pixelsOf(library, bytes, mostPixels);
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    // Lack of memory, and errors of C++ that libheif lets out, which are no Error.
    throw broken(cause instanceof Error ? cause.message : 'the decoder gave up', cause);
  }
}

function pixelsOf(library: LibHeif, bytes: Uint8Array, mostPixels: number): HeicPixels {
  const [error, out, file] = [library._malloc(ERROR_BYTES), library._malloc(4), library._malloc(bytes.length)];
  if (file === 0) throw broken('there is no memory for it', null);
  library.HEAPU8.set(bytes, file);
  const context = library._heif_context_alloc();
  view(library).setBigUint64(library._heif_context_get_security_limits(context) + MOST_PIXELS, BigInt(mostPixels), true);
  library._heif_context_read_from_memory(error, context, file, bytes.length, 0);
  insist(library, error);
  library._heif_context_get_primary_image_handle(error, context, out);
  insist(library, error);
  const handle = addressAt(library, out);
  const channels = library._heif_image_handle_has_alpha_channel(handle) === 1 ? 4 : 3;
  const layout = LAYOUTS[library._heif_image_handle_get_luma_bits_per_pixel(handle) > 8 ? 16 : 8][channels];
  const options = library._heif_decoding_options_alloc();
  library.HEAPU8[options + STRICT] = 1;
  library._heif_decode_image(error, handle, out, RGB, layout, options);
  insist(library, error);
  return copied(library, addressAt(library, out), channels, out);
}

/** Rows without what lies between them. */
function copied(library: LibHeif, image: number, channels: 3 | 4, out: number): HeicPixels {
  const width = library._heif_image_get_width(image, INTERLEAVED);
  const height = library._heif_image_get_height(image, INTERLEAVED);
  const bits = library._heif_image_get_bits_per_pixel_range(image, INTERLEAVED);
  const plane = library._heif_image_get_plane_readonly2(image, INTERLEAVED, out);
  if (plane === 0 || width < 1 || height < 1) throw broken('it holds no picture', null);
  const stride = addressAt(library, out);
  const row = width * channels * (bits > 8 ? 2 : 1);
  const data = new Uint8Array(row * height);
  for (let y = 0; y < height; y++) data.set(library.HEAPU8.subarray(plane + y * stride, plane + y * stride + row), y * row);
  return { width, height, channels, samples: bits > 8 ? spread(new Uint16Array(data.buffer), bits) : data };
}

/** From `bits` to 16, so that white stays white. */
function spread(samples: Uint16Array, bits: number): Uint16Array {
  const most = 2 ** bits - 1;
  for (let at = 0; at < samples.length; at++) samples[at] = Math.round(((samples[at] as number) * 65_535) / most);
  return samples;
}

function view({ HEAPU8 }: LibHeif): DataView {
  return new DataView(HEAPU8.buffer, HEAPU8.byteOffset, HEAPU8.length);
}

function addressAt(library: LibHeif, at: number): number {
  return view(library).getUint32(at, true);
}

/** `heif_error`: a code, 0 for none, a second one, and words. */
function insist(library: LibHeif, error: number): void {
  if (addressAt(library, error) === 0) return;
  const words = addressAt(library, error + 8);
  const end = library.HEAPU8.indexOf(0, words);
  throw broken(Buffer.from(library.HEAPU8.subarray(words, end)).toString('latin1').trim().split('\n')[0] ?? '', null);
}

function broken(message: string, cause: unknown): Problem {
  return new Problem({ code: 'PHOTO', message, cure: 'replace the file by a whole photo', cause });
}
