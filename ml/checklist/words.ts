/** How the checklist says what a file was and is. */

/** Enough of a sha256 to tell two apart. */
export function short(sha256: string): string {
  return `${sha256.slice(0, 12)}…`;
}

/** Minutes are enough to know who did it. */
export function when(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
