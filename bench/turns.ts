/**
 * Contestants in turn, several rounds in one run, so that a noisy machine troubles all alike. Each round is a fresh process of each, so that
 * memory and warm-up are its own.
 */
import type { z } from 'zod';
import { lastWords, runJson } from './measure.js';
import { peerPython, type Peer, type PeerGroup } from './peers.js';
import type { Process } from './report.js';

export interface Contestant {
  /** Whose Python runs it; null: it is ours and run by Node. */
  readonly peer: PeerGroup | null;
  readonly words: readonly string[];
  /** Added to our own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** At least what the bench reports of every process. */
interface Versioned {
  readonly versions: Readonly<Record<string, string>>;
}

export interface Turns<Measured> {
  /** The rounds of each that took part in all of them, by name. */
  readonly measured: ReadonlyMap<string, readonly Measured[]>;
  /** Who did not, and why. */
  readonly missing: Readonly<Record<string, string>>;
  readonly processes: Readonly<Record<string, Process>>;
}

type PeerOf = (group: PeerGroup) => Promise<Peer>;
type Note = (text: string) => void;

interface Course<Measured> {
  readonly rounds: number;
  /** Of the JSON document on the last line that each prints. */
  readonly schema: z.ZodType<Measured>;
  /** For each, behind its own. */
  readonly words: readonly string[];
  /** Called before each process. */
  readonly prepare?: () => Promise<void>;
}

/**
 * @throws what one of ours fails with; a peer that fails is left out, since its medians would be over fewer rounds than the others'
 */
export async function takeTurns<Measured extends Versioned>(
  contestants: Readonly<Record<string, Contestant>>,
  { rounds, schema, words, prepare = async () => undefined }: Course<Measured>,
  note: Note,
  peerOf: PeerOf = (group) => peerPython(group, note),
): Promise<Turns<Measured>> {
  const { ready, missing } = await gather(contestants, peerOf);
  const measured = new Map([...ready.keys()].map((name): [string, Measured[]] => [name, []]));
  for (let round = 1; round <= rounds; round++)
    for (const [name, { program, words: own, environment, peer }] of ready) {
      note(`round ${round} of ${rounds}: ${name}`);
      try {
        await prepare();
        measured.get(name)?.push(schema.parse(await runJson(program, [...own, ...words], environment)));
      } catch (error) {
        if (peer === null) throw error;
        ready.delete(name);
        measured.delete(name);
        missing.set(name, `failed: ${lastWords(error)}`);
      }
    }
  const processes = [...ready].map(([name, { environment = {} }]): [string, Process] => [
    name,
    { versions: measured.get(name)?.[0]?.versions ?? {}, environment },
  ]);
  return { measured, missing: Object.fromEntries(missing), processes: Object.fromEntries(processes) };
}

interface Ready extends Contestant {
  /** Path of the Node or the Python that runs it. */
  readonly program: string;
}

const NODE: Peer = { python: process.execPath, why: null };

/** Who can run, in the table's order, and why the others cannot. */
async function gather(
  contestants: Readonly<Record<string, Contestant>>,
  peerOf: PeerOf,
): Promise<{ readonly ready: Map<string, Ready>; readonly missing: Map<string, string> }> {
  const ready = new Map<string, Ready>();
  const missing = new Map<string, string>();
  const programs = new Map<PeerGroup, Peer>();
  for (const [name, contestant] of Object.entries(contestants)) {
    const { peer } = contestant;
    const found: Peer = peer === null ? NODE : (programs.get(peer) ?? (await peerOf(peer)));
    if (peer !== null) programs.set(peer, found);
    if (found.python === null) missing.set(name, found.why);
    else ready.set(name, { ...contestant, program: found.python });
  }
  return { ready, missing };
}
