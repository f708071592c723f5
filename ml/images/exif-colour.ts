/** What EXIF says of a photo's colours (Exif 3.0, 4.6.6.5; DCF 2.0). The page in the browser reads it too: nothing here is of Node. */

/** Tags by which directories lead to others, and what stands in those. */
const TAGS = { exif: 0x8769, colorSpace: 0xa001, interoperability: 0xa005, index: 0x0001 } as const;
/** Exif knows the last; cameras before DCF 2.0 wrote the first for Adobe RGB. */
const COLOR_SPACES = { adobe: 2, uncalibrated: 0xffff } as const;
/** Of a camera's Adobe RGB (DCF 2.0). */
const ADOBE_INDEX = 'R03';
const ENTRY_BYTES = 12;
const MARK = 'Exif\0\0';

/**
 * `other`: not sRGB, and not said what. Null: sRGB, or nothing is said. What is damaged says nothing.
 * @param bytes an EXIF block, with or without `Exif\0\0` in front, or a TIFF file
 */
export function readExifColour(bytes: Uint8Array): 'adobe' | 'other' | null {
  const tiff = String.fromCharCode(...bytes.subarray(0, MARK.length)) === MARK ? bytes.subarray(MARK.length) : bytes;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  try {
    const little = view.getUint16(0) === 0x4949;
    if (view.getUint16(2, little) !== 42) return null;
    const long = (at: number | null): number | null => (at === null ? null : view.getUint32(at, little));
    const exif = long(valueAt(view, view.getUint32(4, little), TAGS.exif, little));
    const at = valueAt(view, exif, TAGS.colorSpace, little);
    const space = at === null ? null : view.getUint16(at, little);
    if (space === COLOR_SPACES.adobe) return 'adobe';
    if (space !== COLOR_SPACES.uncalibrated) return null;
    const index = valueAt(view, long(valueAt(view, exif, TAGS.interoperability, little)), TAGS.index, little);
    return index !== null && String.fromCharCode(...tiff.subarray(index, index + 3)) === ADOBE_INDEX ? 'adobe' : 'other';
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Where a tag's value of at most 4 bytes stands; null where the directory does not have it. */
function valueAt(view: DataView, directory: number | null, tag: number, little: boolean): number | null {
  if (directory === null) return null;
  const count = view.getUint16(directory, little);
  for (let entry = 0; entry < count; entry++) {
    const at = directory + 2 + ENTRY_BYTES * entry;
    if (view.getUint16(at, little) === tag) return at + 8;
  }
  return null;
}
