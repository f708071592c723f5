/** A connection to the project's server for as long as a command needs it, and the processes behind it. */
import type { Terminal } from './command.js';
import type { TemporalLink } from '../workers/temporal.js';

/** Gives the open connection, made when first asked for. */
export type Linked = () => Promise<TemporalLink>;

/** For commands that read, and can read files instead: with what they ask then, they end within 5 s. */
export const READING_MS = 1_500;

/** Runs `body` with a connection that is made when it is first asked for and closed at the end. */
export async function withLink<Result>(root: string, body: (link: Linked) => Promise<Result>, answerMs?: number): Promise<Result> {
  let link: Promise<TemporalLink> | undefined;
  const connect = async (): Promise<TemporalLink> => (await import('../workers/temporal.js')).connectTemporal(root, process.env, answerMs);
  try {
    return await body(() => (link ??= connect()));
  } finally {
    await link?.then(
      (open) => open.close(),
      () => undefined, // what kept it from opening was thrown to the body
    );
  }
}

/**
 * Brings up what this project needs and does not run, and says what was started. With a server of one's own nothing is
 * started: its workers may be on other machines.
 */
export async function ensureUp({ root, note }: Pick<Terminal, 'root' | 'note'>): Promise<void> {
  const { usesOwnServer } = await import('../workers/temporal.js');
  if (usesOwnServer()) return;
  const { bringUp } = await import('../workers/up.js');
  const { processes, uiUrl } = await bringUp(root, note);
  const started = processes.filter((process) => process.started).map(({ name, pid }) => `${name} (pid ${pid})`);
  if (started.length === 0) return;
  note(`started ${started.join(', ')}${uiUrl === null ? '' : `; Web UI: ${uiUrl}`}; emo-aen down ends them`);
}
