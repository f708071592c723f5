/**
 * Whether the colour engine can use a profile at all. sharp passes over one that it cannot, in silence, and the photo would keep its numbers and
 * be called sRGB. So a small picture of many colours is converted with the profile, and once more with one that surely is none: where both come
 * out the same, the profile was passed over.
 */
import { createHash } from 'node:crypto';
import sharp from 'sharp';

/** What a profile can belong to: colours, grey or inks. */
export type ProfileSpace = 'srgb' | 'b-w' | 'cmyk';

export class Profiles {
  private readonly known = new Map<string, Promise<boolean>>();

  /** Remembered by profile: the photos of a camera all carry the same. */
  canConvert(profile: Buffer, space: ProfileSpace): Promise<boolean> {
    const key = `${space} ${createHash('sha256').update(profile).digest('hex')}`;
    const known = this.known.get(key) ?? changesColours(profile, space);
    this.known.set(key, known);
    return known;
  }
}

async function changesColours(profile: Buffer, space: ProfileSpace): Promise<boolean> {
  const probe = await sharp(PROBE, { raw: { width: PROBE_SIDE, height: PROBE_SIDE, channels: 3 } })
    .toColourspace(space)
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
  const converted = (tag: Buffer): Promise<Buffer> => sharp(tagged(probe, tag)).toColourspace('srgb').raw().toBuffer();
  return !(await converted(profile)).equals(await converted(NO_PROFILE));
}

const PROBE_SIDE = 64;
/** 16 steps of each channel. */
const PROBE = Buffer.from(
  Array.from({ length: PROBE_SIDE * PROBE_SIDE }, (_, at) => [at & 15, (at >> 4) & 15, at >> 8].map((step) => 17 * step)).flat(),
);
const NO_PROFILE = Buffer.from('no profile');

/** APP2 segments hold no more of a profile (ICC.1:2022, annex B.4). */
const MOST_OF_SEGMENT = 65_519;

/** A JPEG with a profile laid in behind its first marker. */
function tagged(jpeg: Buffer, profile: Buffer): Buffer {
  const count = Math.ceil(profile.length / MOST_OF_SEGMENT);
  const segments = Array.from({ length: count }, (_, index) => {
    const part = profile.subarray(index * MOST_OF_SEGMENT, (index + 1) * MOST_OF_SEGMENT);
    const head = Buffer.from([0xff, 0xe2, 0, 0, ...Buffer.from('ICC_PROFILE\0', 'latin1'), index + 1, count]);
    head.writeUInt16BE(head.length - 2 + part.length, 2);
    return Buffer.concat([head, part]);
  });
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}
