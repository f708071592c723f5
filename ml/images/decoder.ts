/** Our decoder of photos (native/), which set-up compiled: from a photo's bytes to its square, without a picture in between. */
import 'sharp'; // loads the libvips that the decoder shares
import { readInstallation } from '../../configs/load/installation.js';
import { loadAddon } from '../addon.js';

/** What is squared otherwise by another: the wheel whose libjpeg-turbo decodes (setup/wheels/pillow.txt), beside sharp's libvips. */
export const LIBJPEG = 'pillow 13.0.0';

/** Of the upright photo, in pixels: its sides after resizing, and the square of it that is wanted. */
export interface Crop {
  readonly resizedWidth: number;
  readonly resizedHeight: number;
  readonly left: number;
  readonly top: number;
  readonly size: number;
  /** EXIF's, 1 to 8: how the photo is stored. */
  readonly orientation: number;
}

export interface Decoding {
  /** 1: all pixels are decoded. 2, 4 or 8: of a JPEG only every second, fourth or eighth in each direction, about. */
  readonly shrink: number;
  /** 1: bytes that a baseline JPEG's blocks leave over are damage, where its codes alone are read (shrink 8). 0: they are passed over. */
  readonly insistOnEnd: 0 | 1;
  /** What libvips' loader is told, as `[fail_on=warning]`. */
  readonly loader: string;
  /** 1: the numbers are sRGB's, whatever the profile says. 0: the profile converts them. */
  readonly ignoreProfile: 0 | 1;
}

export interface Decoder {
  /**
   * Writes the photo's square, RGB and upright, in a thread of Node's pool. Neither memory may go to another thread meanwhile.
   * @param square size * size * 3 bytes
   * @returns whether alpha, where the photo has it, is 255 all over
   * @throws Error with the decoder's words where data are missing or made up (native/remarks.cc); its code is LIBVIPS where the words are those of
   * all threads (own-words.ts), else DECODER
   */
  decodeSquare(bytes: Uint8Array, square: Uint8Array, crop: Crop, decoding: Decoding): Promise<boolean>;
  /** Empties libvips' text of errors. */
  forgetWords(): void;
}

let loaded: Promise<Decoder> | null = null;

/** @throws Problem ENVIRONMENT where this clone is not set up, or its decoder cannot be loaded. */
export function loadDecoder(): Promise<Decoder> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Decoder> {
  return (await loadAddon((await readInstallation()).decoder, 'our decoder of photos')) as Decoder;
}
