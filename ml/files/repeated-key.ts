/**
 * The first key that an object holds twice, as a name and where it stands; null if there is none. JSON.parse passes over it.
 * @param text what JSON.parse takes: of anything else the answer means nothing.
 */
export function repeatedKey(text: string): { readonly key: string; readonly offset: number } | null {
  /** Keys of the objects around this place; null for a list. */
  const around: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '{') around.push(new Set());
    else if (sign === '[') around.push(null);
    else if (sign === '}' || sign === ']') around.pop();
    else if (sign === '"') {
      const end = endOfString(text, at);
      if (followedByColon(text, end)) {
        const key = JSON.parse(text.slice(at, end)) as string;
        const keys = around.at(-1);
        if (keys?.has(key) === true) return { key, offset: at };
        keys?.add(key);
      }
      at = end - 1;
    }
  }
  return null;
}

/** Behind the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function followedByColon(text: string, from: number): boolean {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at += 1;
  return text[at] === ':';
}
