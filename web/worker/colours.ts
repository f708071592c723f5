/** The colours of a photo as `emo-aen rank` sees them, also where browsers pass over what the photo says of them, or adapt HDR to their screen. */
import { colourMark, headOfPng, isSrgbSpace, type Carried } from '../../ml/images/colour-marks.js';
import { heifColour } from '../../ml/images/heif-colour.js';
import { isFrame } from '../../ml/images/jpeg-coding.js';
import { segmentsBeforeScan, START_OF_SCAN } from '../../ml/images/jpeg-segments.js';
import { INKS_OF_NO_COLOUR } from '../../ml/images/refusals.js';
import { toSrgb } from '../../ml/images/rgb-space.js';
import { formatOf } from '../shared/format.js';
import { Trouble } from '../shared/trouble.js';

/** Turns pixels of RGBA into sRGB, in place. */
export type Conversion = (rgba: Uint8ClampedArray) => void;

/** What turns the photo's own numbers into sRGB; null where the browser does it, by the photo's ICC profile. @throws Trouble where nothing can */
export function conversionOf(bytes: Uint8Array): Conversion | null {
  const carried = carriedBy(bytes);
  const mark = carried === null ? null : colourMark(bytes, carried);
  if (mark?.kind !== 'space') return null;
  if (mark.space !== null && isSrgbSpace(mark.space)) return () => undefined;
  const conversion = mark.space === null ? null : toSrgb(mark.space);
  if (conversion === null) throw new Trouble({ message: `It carries ${mark.name}, which cannot be used`, cure: 'Convert it by hand' });
  return conversion;
}

/** Null for formats in which only a profile says anything. */
function carriedBy(bytes: Uint8Array): Carried | null {
  switch (formatOf(bytes)) {
    case 'png':
      return { format: 'png', hasProfile: headOfPng(bytes).has('iCCP'), exif: null };
    case 'heif':
      return { format: 'heif', hasProfile: heifColour(bytes).hasProfile, exif: null };
    case 'jpeg':
      return carriedByJpeg(bytes);
    default:
      return null;
  }
}

const APP1 = 0xe1;
const APP2 = 0xe2;
const INKS = 4;

function carriedByJpeg(bytes: Uint8Array): Carried {
  let hasProfile = false;
  let exif: Uint8Array | null = null;
  let components = 0;
  for (const { marker, data } of segmentsBeforeScan(bytes)) {
    if (marker === START_OF_SCAN) break;
    if (isFrame(marker)) components = data[5] ?? 0;
    if (marker === APP1 && startsWith(data, 'Exif\0\0')) exif ??= data;
    if (marker === APP2 && startsWith(data, 'ICC_PROFILE\0')) hasProfile = true;
  }
  if (components === INKS && !hasProfile) throw new Trouble({ message: `It ${INKS_OF_NO_COLOUR}`, cure: 'Convert it by hand' });
  return { format: 'jpeg', hasProfile, exif };
}

function startsWith(bytes: Uint8Array, signature: string): boolean {
  return String.fromCharCode(...bytes.subarray(0, signature.length)) === signature;
}
