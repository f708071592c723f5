/** Finds secrets in texts, also in the forms that programs give them: escaped, encoded, a line at a time. */
import { inspect } from 'node:util';

/** Parts of a secret that are shorter stand in other texts by chance. */
const SHORTEST_PART = 8;
const SHORTEST_PASSWORD = 4;

/** A function that puts `<NAME>` in place of each value of `secrets`, by name, and of each of its forms. */
export function hiderOf(secrets: ReadonlyMap<string, string>): (text: string) => string {
  const names = new Map<string, string>();
  for (const [name, value] of secrets) for (const form of formsOf(value)) if (!names.has(form)) names.set(form, name);
  if (names.size === 0) return (text) => text;
  // One pass, the longest form first: what was put in is not searched again, and no form leaves the rest of a longer one.
  const forms = [...names.keys()].sort((a, b) => b.length - a.length);
  const any = new RegExp(forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
  return (text) => text.replace(any, (form) => `<${names.get(form)}>`);
}

function formsOf(given: string): Set<string> {
  const value = Buffer.from(given).toString(); // half a surrogate pair has no form in a URL
  const whole = [value, value.trim()];
  const parts = [...linesOf(value), ...partsOfUrl(value)];
  const written = [...whole, ...parts].flatMap((text) => [text, ...escaped(text)]);
  return new Set([...written, ...inBase64(value.trim()), ...inHex(value.trim())].filter((form) => form !== ''));
}

/** As JSON, JavaScript and URLs write it. */
function escaped(text: string): string[] {
  return [
    JSON.stringify(text).slice(1, -1),
    inspect(text, { breakLength: Infinity, maxStringLength: Infinity }).slice(1, -1),
    encodeURIComponent(text),
    encodeURI(text),
    new URLSearchParams([['', text]]).toString().slice(1),
  ];
}

/** A log holds a key of many lines a line at a time. */
function linesOf(value: string): string[] {
  const lines = value.split('\n').map((line) => line.trim());
  return lines.length === 1 ? [] : lines.filter((line) => line.length >= SHORTEST_PART && !line.startsWith('-----'));
}

/** User, password and the query's values of a URL: programs show them without the rest. */
function partsOfUrl(value: string): string[] {
  if (!URL.canParse(value)) return [];
  const { username, password, search, searchParams } = new URL(value);
  const raw = search
    .slice(1)
    .split('&')
    .map((pair) => pair.slice(pair.indexOf('=') + 1));
  const parts = [username, ...raw, ...searchParams.values()].filter((part) => part.length >= SHORTEST_PART);
  return password.length >= SHORTEST_PASSWORD ? [password, decodeURIComponent(password), ...parts] : parts;
}

/** Also as the end of a longer text that is encoded, as `user:password` is in a header: a byte has three places in base64's groups. */
function inBase64(value: string): string[] {
  const bytes = Buffer.from(value);
  const whole = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The first and the last group also hold bits of what stands beside it.
    const from = offset === 0 ? 0 : offset + 1;
    const to = Math.floor(((offset + bytes.length) * 8) / 6);
    return [text.slice(from, to)];
  });
  const forms = whole.filter((form) => form.length >= SHORTEST_PART);
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

function inHex(value: string): string[] {
  const hex = Buffer.from(value).toString('hex');
  return value.length < SHORTEST_PART ? [] : [hex, hex.toUpperCase()];
}
