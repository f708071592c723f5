/** The tags of a TIFF that its pixels depend on (TIFF 6.0; libtiff's JPEGTables). All others are text, places and times: what is wrong with them hurts no pixel. */
import { isTiff, TiffDirectory } from './tiff-directory.js';

export const TAGS = {
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripLengths: 279,
  planes: 284,
  t4Options: 292,
  t6Options: 293,
  predictor: 317,
  colourMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileLengths: 325,
  inkSet: 332,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  ycbcrCoefficients: 529,
  ycbcrSubsampling: 530,
  ycbcrPositioning: 531,
  referenceBlackWhite: 532,
  icc: 34675,
} as const;

/** Values of tags that have a default for every other one: from 1 to so many. */
const LAST_VALUES: Readonly<Record<number, number>> = {
  [TAGS.fillOrder]: 2,
  [TAGS.orientation]: 8,
  [TAGS.planes]: 2,
  [TAGS.predictor]: 3,
  [TAGS.inkSet]: 2,
  [TAGS.ycbcrPositioning]: 2,
};
const NEEDED: ReadonlySet<number> = new Set(Object.values(TAGS));

/** The photo with no other tags, and none out of its range; null where it has no others, and for what is no TIFF. */
export function withPixelTags(bytes: Buffer): Buffer | null {
  if (!isTiff(bytes)) return null;
  const directory = new TiffDirectory(bytes);
  return directory.reduced((tag) => NEEDED.has(tag) && isInRange(directory, tag));
}

function isInRange(directory: TiffDirectory, tag: number): boolean {
  const last = LAST_VALUES[tag];
  const [value = 0] = directory.numbers(tag);
  return last === undefined || (value >= 1 && value <= last);
}

export function hasTiles(tiff: Buffer): boolean {
  return new TiffDirectory(tiff).numbers(TAGS.tileWidth).length > 0;
}
