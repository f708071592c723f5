/** What a photo's first bytes say that it is. */

const SIGNATURES: readonly (readonly [format: string, at: number, text: string])[] = [
  ['jpeg', 0, '\xff\xd8'],
  ['png', 0, '\x89PNG\r\n'],
  ['webp', 8, 'WEBP'],
  ['heif', 4, 'ftyp'],
];

/** As sharp calls it: `jpeg`, `png`, `webp`, `heif` (AVIF is one); null of all others. */
export function formatOf(bytes: Uint8Array): string | null {
  return SIGNATURES.find(([, at, text]) => String.fromCharCode(...bytes.subarray(at, at + text.length)) === text)?.[0] ?? null;
}
