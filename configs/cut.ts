/** Texts of others may be as long as their files: what is said of them has a limit. */

/** Most bytes of one text in UTF-8. What a person needs stands at its beginning. */
export const MOST_BYTES = 16 * 1024;
/** Kept free for the words that say how much is missing. */
const NOTE_BYTES = 64;

/** The beginning of a text that is too long, and how much was left out: at most `most` bytes together. Always valid UTF-8. */
export function cut(text: string, most = MOST_BYTES): string {
  const bytes = new TextEncoder().encode(text);
  // Decoded, so that no half of a character is left in it.
  if (bytes.length <= most) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  // A character that the limit would halve is left out.
  const kept = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, most - NOTE_BYTES), { stream: true });
  return `${kept}… (cut here: ${bytes.length - new TextEncoder().encode(kept).length} more bytes)`;
}
