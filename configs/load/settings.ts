/** A settings file with what it extends: `extends: ../train.yaml` lays the file on another one, key by key. */
import type { SettingsFile } from '../schema/plan.js';
import { quoted, type Diagnostics } from './diagnostics.js';
import { mergeMaps, without, type LocatedMap, type Span } from './located.js';
import { parseMap } from './parse.js';
import { follow, readText, type Bounds } from './read.js';

export const EXTENDS = 'extends';

export interface SettingsTree {
  readonly tree: LocatedMap;
  /** The file that was named, then what it extends, and so on. */
  readonly files: readonly SettingsFile[];
}

interface Link {
  readonly absolute: string;
  /** Where the file was referred to. */
  readonly span: Span;
  readonly path: readonly PropertyKey[];
}

/** Reads a chain of settings files and lays the first on the last; null, and diagnostics, where one of them cannot be read. */
export async function loadSettings(named: Link, bounds: Bounds, found: Diagnostics): Promise<SettingsTree | null> {
  const layers: LocatedMap[] = [];
  const files: SettingsFile[] = [];
  const seen: string[] = [];
  let link: Link | null = named;
  while (link !== null) {
    const file = await readText(link.absolute, bounds.root, link.span, link.path, found);
    if (file === null) return null;
    const map = parseMap(file.source, found);
    if (map === null) return null;
    files.push({ path: file.path, sha256: file.sha256 });
    seen.push(file.absolute);
    layers.push(without(map, EXTENDS));
    const next: Link | null | 'wrong' = extended(map, file.absolute, bounds, found);
    if (next === 'wrong') return null;
    if (next !== null && seen.includes(next.absolute)) return circular(next, files, seen, found);
    link = next;
  }
  return { tree: layers.reduceRight((base, over) => mergeMaps(base, over)), files };
}

/** What a file extends: nothing, a file, or something that cannot be followed. */
function extended(map: LocatedMap, from: string, bounds: Bounds, found: Diagnostics): Link | null | 'wrong' {
  const entry = map.entries.get(EXTENDS);
  if (entry === undefined) return null;
  const { value } = entry;
  if (value.kind !== 'scalar' || typeof value.value !== 'string' || value.value === '') {
    found.add(value.span, [EXTENDS], '`extends` must be the path of one settings file', { help: 'relative to the file that extends it' });
    return 'wrong';
  }
  const absolute = follow(value.value, from, bounds, value.span, [EXTENDS], found);
  return absolute === null ? 'wrong' : { absolute, span: value.span, path: [EXTENDS] };
}

function circular(next: Link, files: readonly SettingsFile[], seen: readonly string[], found: Diagnostics): null {
  const names = files.slice(seen.indexOf(next.absolute)).map(({ path }) => path);
  const around = [...names, names[0] ?? ''].map(quoted).join(' extends ');
  found.add(next.span, next.path, `circular \`extends\`: ${around}`);
  return null;
}
