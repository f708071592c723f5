/** What is wrong with a configuration: collected over all files first, then told at once, each with its line and a caret. */
import { Problem, type ProblemFields } from '../problem.js';
import { maskedUrls } from '../url.js';
import type { Span } from './located.js';

export interface Diagnostic {
  /** Relative to the root, or the `--set` it is about. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Keys from the top of the file, joined by dots; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** The nearest valid name, where one is near. */
  readonly suggestion: string | null;
  /** What to do, where that is more than one name. */
  readonly help: string | null;
}

/** The quoted line under a diagnostic; kept apart because programs that read the diagnostics have the file itself. */
interface Excerpt {
  readonly text: string;
  /** Characters before the caret, and carets. */
  readonly indent: number;
  readonly width: number;
}

interface Advice {
  readonly suggestion?: string | null;
  readonly help?: string | null;
}

interface Finding {
  readonly diagnostic: Diagnostic;
  /** Null for a place in the command line, whose name says it all. */
  readonly excerpt: Excerpt | null;
  readonly inline: boolean;
}

/** Characters of a line that are quoted around the caret. */
const QUOTED = 160;
/** Findings that are kept: a file of nonsense has one for every few bytes, and nobody reads more. */
const MOST = 100;
/** Characters of a message, a path or a hint: a name in a file may be as long as the file. */
const LONGEST = 2_000;

/** Where the parts of the loader put what they find, up to {@link MOST}. The same finding at the same place counts once. */
export class Diagnostics {
  readonly #findings = new Map<string, Finding>();
  #more = false;

  add(span: Span, path: readonly PropertyKey[], what: string, { suggestion = null, help = null }: Advice = {}): void {
    // The first of them are kept, and what comes after costs nothing.
    if (this.#more) return;
    const { line, col } = span.source.lines.linePos(span.start);
    const file = span.source.inline ? maskedUrls(span.source.name) : span.source.name;
    const message = cut(what);
    const key = JSON.stringify([file, line, col, message]);
    if (this.#findings.size === MOST && !this.#findings.has(key)) {
      this.#more = true;
      return;
    }
    const place = { file, line: Math.max(1, line), column: Math.max(1, col), path: cut(dotted(path)) };
    const diagnostic = { ...place, message, suggestion, help: help === null ? null : cut(help) };
    const { inline } = span.source;
    this.#findings.set(key, { diagnostic, excerpt: inline ? null : excerptOf(span), inline });
  }

  get empty(): boolean {
    return this.#findings.size === 0;
  }

  /** In the order of files as they were first complained about, then by line and column. */
  #sorted(): Finding[] {
    const findings = [...this.#findings.values()];
    const files = [...new Set(findings.map(({ diagnostic }) => diagnostic.file))];
    return findings.sort(
      ({ diagnostic: a }, { diagnostic: b }) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
    );
  }

  list(): Diagnostic[] {
    return this.#sorted().map(({ diagnostic }) => diagnostic);
  }

  /** All of them for people, with a closing line that counts them; empty where there are none. */
  render(): string {
    if (this.empty) return '';
    const findings = this.#sorted();
    const more = this.#more ? ': the first are shown, mend them and look again' : '';
    return `${findings.map(render).join('\n\n')}\n\n${this.count} found${more}`;
  }

  /** In words. */
  get count(): string {
    return `${this.#more ? 'more than ' : ''}${plural(this.#findings.size, 'problem')}`;
  }

  /** @throws ConfigurationProblem if anything was found. */
  throwIfAny(): void {
    if (!this.empty) throw new ConfigurationProblem(this);
  }
}

/** The configuration is wrong: every diagnostic of every file, in one error. */
export class ConfigurationProblem extends Problem {
  readonly diagnostics: readonly Diagnostic[];
  readonly #text: string;

  constructor(found: Diagnostics) {
    const diagnostics = found.list();
    super({ code: 'CONFIGURATION', message: `${found.count} in the configuration` });
    this.diagnostics = diagnostics;
    this.#text = found.render();
  }

  override describe(): string {
    return this.#text;
  }

  override toJSON(): Omit<ProblemFields, 'cause'> & { readonly diagnostics: readonly Diagnostic[] } {
    return { ...super.toJSON(), diagnostics: this.diagnostics };
  }
}

/** A name that came from a file, in backticks, control characters made visible. */
export function quoted(name: string): string {
  return `\`${visible(name)}\``;
}

/** Keys joined by dots, list positions in brackets: `tasks.train.needs[0]`. */
export function dotted(path: readonly PropertyKey[]): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`)).join('');
}

function render({ diagnostic, excerpt, inline }: Finding): string {
  const { file, line, column, message, suggestion, help } = diagnostic;
  const lines = [inline ? `${visible(file)}: ${message}` : `${visible(file)}:${line}:${column}: ${message}`];
  if (excerpt !== null) {
    const gutter = String(line).padStart(5);
    lines.push(`${gutter} | ${excerpt.text}`.trimEnd(), `${' '.repeat(5)} | ${' '.repeat(excerpt.indent)}${'^'.repeat(excerpt.width)}`);
  }
  if (suggestion !== null) lines.push(`  did you mean ${quoted(suggestion)}?`);
  if (help !== null) lines.push(`  ${help}`);
  return lines.join('\n');
}

/** None for the file as a whole, which is an empty span at its beginning, nor for an empty line. */
function excerptOf({ source: { text }, start, end }: Span): Excerpt | null {
  if (end === 0) return null;
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', start);
  const to = newline === -1 ? text.length : newline;
  if (text.slice(from, to).trim() === '') return null;
  const left = Math.max(from, Math.min(start - QUOTED / 2, to - QUOTED));
  const line = maskedUrls(text.slice(from, to));
  const shown = line.slice(left - from, Math.min(to, left + QUOTED) - from);
  const width = Math.max(1, Math.min(end, to, left + QUOTED) - start);
  return { text: visible(shown), indent: start - left, width };
}

/** One character for one, so that carets stay below what they point at. */
function visible(text: string): string {
  return text
    .replaceAll('\t', '→')
    .replaceAll('\r', ' ')
    .replaceAll(/\p{Cc}/gu, '\u{FFFD}');
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
