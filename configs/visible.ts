/**
 * Text from tasks, files and the network, safe for a terminal. Control characters could move its cursor, recolour it or answer for the
 * person; marks of direction could make a line read as another one. Both are shown as `\u001b`. Line ends and tabs stay.
 */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const UNSAFE = /(?!\r\n|[\n\t])\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
