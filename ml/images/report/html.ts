/** HTML as a tagged template: what is put in is escaped, unless it is HTML that this template made. */
import { visible } from '../names.js';

export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | readonly Part[];

/**
 * Text and attribute values alike; an attribute's quotes stand in the template. Control and formatting characters become visible.
 * The template's own indentation is left out.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((string, index) => string.replaceAll(/\s*\n\s*/g, '\n') + rendered(parts[index] ?? '')).join(''));
}

function rendered(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === 'number') return String(part);
  return typeof part === 'string' ? visible(part).replaceAll(/[&<>"']/g, escaped) : part.map(rendered).join('');
}

const escaped = (character: string): string => `&#${character.charCodeAt(0)};`;

/** A name or sentence of any length as one that fits: its beginning and its end. */
export function clipped(text: string, most = 120): string {
  const characters = Array.from(text);
  if (characters.length <= most) return text;
  const half = (most - 1) / 2;
  return `${characters.slice(0, Math.ceil(half)).join('')}…${characters.slice(-Math.floor(half)).join('')}`;
}
