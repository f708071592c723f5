/** What a suite of faults found, for people and for programs. */

/** One kind of fault: how often it was done, and whether all that followed was as it must be. */
export interface FaultRow {
  readonly fault: string;
  readonly count: number;
  /** False for what was skipped: nothing was shown. */
  readonly ok: boolean;
  /** Why it could not be done on this machine. */
  readonly skipped?: string;
  /** What was wrong, each with the fault as it was drawn. */
  readonly problems?: readonly string[];
}

export interface Report {
  readonly faults: readonly FaultRow[];
  /** Of the files that every run ended with. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** Counts faults by name, in the order of the names. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #problems = new Map<string, string[]>();
  readonly #skipped = new Map<string, string>();

  constructor(private readonly names: readonly string[]) {}

  done(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  wrong(name: string, problem: string): void {
    this.#problems.set(name, [...(this.#problems.get(name) ?? []), problem]);
  }

  skip(name: string, why: string): void {
    this.#skipped.set(name, why);
  }

  rows(): FaultRow[] {
    return this.names.map((fault) => {
      const [count, problems, skipped] = [this.#counts.get(fault) ?? 0, this.#problems.get(fault) ?? [], this.#skipped.get(fault)];
      const row = { fault, count, ok: count > 0 && problems.length === 0 };
      return { ...row, ...(skipped === undefined ? {} : { skipped }), ...(problems.length === 0 ? {} : { problems }) };
    });
  }
}

/** Nothing went wrong, and everything was done that could be. */
export function isOk(faults: readonly FaultRow[]): boolean {
  return faults.every(({ ok, skipped, problems }) => ok || (skipped !== undefined && problems === undefined));
}

export function table(faults: readonly FaultRow[]): string {
  const width = Math.max(...faults.map(({ fault }) => fault.length));
  const word = ({ ok, skipped, problems }: FaultRow): string =>
    ok ? 'ok' : skipped !== undefined && problems === undefined ? `SKIPPED: ${skipped}` : 'FAILED';
  return faults.map((row) => `${row.fault.padEnd(width)}  ${String(row.count).padStart(3)}  ${word(row)}`).join('\n');
}
