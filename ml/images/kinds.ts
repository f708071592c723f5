/** What a file is by its first bytes, where it is nothing that is read here. */

/** Bytes from the beginning that are looked at. */
export const KIND_BYTES = 512;

/** Text at an offset, one character a byte. */
const SIGNATURES: readonly (readonly [at: number, text: string, kind: string])[] = [
  [0, 'GIF8', 'GIF'],
  [0, 'BM', 'BMP'],
  [4, 'jP  \r\n', 'JPEG 2000'],
  [0, '\xff\x4f\xff\x51', 'JPEG 2000'],
  [4, 'JXL \r\n', 'JPEG XL'],
  [0, '\xff\x0a', 'JPEG XL'],
  [0, 'II\xbc', 'JPEG XR'],
  [0, '8BPS', 'a Photoshop document'],
  [0, '\0\0\x01\0', 'an icon'],
  [0, '%PDF', 'PDF'],
  [8, 'CR\x02', 'a camera raw file (CR2)'],
  [0, 'IIRO', 'a camera raw file (ORF)'],
  [0, 'IIU\0', 'a camera raw file (RW2)'],
  [0, 'FUJIFILMCCD-RAW', 'a camera raw file (RAF)'],
  [0, 'v/1\x01', 'OpenEXR'],
  [0, 'qoif', 'QOI'],
  [0, 'PK\x03\x04', 'a ZIP archive'],
  [0, '\x1f\x8b', 'a gzip archive'],
  [0, '\x1aE\xdf\xa3', 'a video'],
  [8, 'AVI ', 'a video'],
];
/** Text that begins with such a tag, whatever stands in front. */
const MARKUP: readonly (readonly [tag: RegExp, kind: string])[] = [
  [/^\s*(<\?xml[^>]*>|<!--.*?-->|<!doctype svg[^>]*>|\s)*<svg[\s>]/is, 'SVG'],
  [/^\s*<(!doctype html|html)[\s>]/i, 'an HTML page'],
];
/** Brands of `ftyp` (ISO/IEC 14496-12, 4.3; 23008-12, annexes B and E to L), and what they say that a file is. */
const BRANDS: readonly (readonly [brands: readonly string[], kind: string | null])[] = [
  [['avif', 'avis', 'heic', 'heix'], null],
  [['heim', 'heis', 'hevm', 'hevs'], 'HEIC of several layers'],
  [['hevc', 'hevx'], 'a sequence of HEIC pictures'],
  [['avci', 'avcs'], 'HEIF (AVC)'],
  [['vvic', 'vvis'], 'HEIF (VVC)'],
  [['jpeg', 'jpgs'], 'HEIF (JPEG)'],
  [['j2ki', 'j2is'], 'HEIF (JPEG 2000)'],
  [['crx '], 'a camera raw file (CR3)'],
];
/** Brands of any HEIF file, whatever it is coded in. */
const ANY_HEIF = /mif1|msf1|miaf/;

/** In words that follow "is"; null of what may be a photo that is read here. @param head the file, or {@link KIND_BYTES} of it */
export function unreadKind(head: Uint8Array): string | null {
  const text = Array.from(head.subarray(0, KIND_BYTES), (byte) => String.fromCharCode(byte)).join('');
  if (text.startsWith('ftyp', 4)) return kindOfBrands(text);
  const kind = SIGNATURES.find(([at, signature]) => text.startsWith(signature, at))?.[2];
  return kind ?? MARKUP.find(([tag]) => tag.test(text.replace(/^\xef\xbb\xbf/, '')))?.[1] ?? null;
}

function kindOfBrands(text: string): string | null {
  const length = [0, 1, 2, 3].reduce((sum, place) => 256 * sum + text.charCodeAt(place), 0);
  const brands = [text.slice(8, 12), ...(text.slice(16, length).match(/.{4}/gs) ?? [])];
  // The major brand comes first, and is the one that counts where it says anything.
  const row = brands.map((brand) => BRANDS.find(([names]) => names.includes(brand))).find((found) => found !== undefined);
  if (row !== undefined) return row[1];
  return ANY_HEIF.test(brands.join()) ? null : 'a video';
}
