/** Whether every artifact that a task reads comes from exactly one task before it, and one that will be there. */
import type { Catalog, CatalogEntry } from '../schema/catalog.js';
import { bit, type Ancestry } from './ancestry.js';
import { quoted, type Diagnostics } from './diagnostics.js';
import type { Leg } from './legs.js';

/** Leaves out what hangs on a task that is itself in doubt, since it would only repeat that fault. */
export function checkArtifacts(ancestry: Ancestry, catalog: Catalog, found: Diagnostics): void {
  const providers = providersOf(ancestry.order);
  const optional = ancestry.order.reduce((bits, { task }, place) => (task.optional ? bits | bit(place) : bits), 0n);
  ancestry.order.forEach((leg, place) => {
    const { activity } = leg.task;
    if (activity === null || ancestry.sound[place] !== true) return;
    const reader = new Reader(leg, ancestry, found);
    for (const artifact of new Set([...activity.reads, ...activity.mayRead])) {
      const all = providers.get(artifact) ?? 0n;
      const among = all & (ancestry.before[place] ?? 0n);
      const must = activity.reads.includes(artifact);
      if (among === 0n && must) reader.lacks(artifact, all, catalog);
      else if ((among & (among - 1n)) !== 0n) reader.hasMany(artifact, among);
      else if (must && (among & optional) !== 0n) reader.mayLack(artifact, among);
    }
  });
}

/** One task, for what can be said of an artifact that it reads. Legs of a matrix with the same fault are told once. */
class Reader {
  constructor(
    readonly leg: Leg,
    readonly ancestry: Ancestry,
    readonly found: Diagnostics,
  ) {}

  get #name(): string {
    return quoted(this.leg.task.name);
  }

  lacks(artifact: string, all: bigint, catalog: Catalog): void {
    const message = `${this.#name} reads the artifact ${quoted(artifact)}, which no task that it needs provides`;
    const [other] = this.#at(all).filter(({ task }) => task.name !== this.leg.task.name);
    this.#tell(message, other === undefined ? remedy(artifact, catalog.activities) : `add ${quoted(other.task.name)} to its \`needs\``);
  }

  hasMany(artifact: string, among: bigint): void {
    const makers = this.#at(among);
    const [first] = makers;
    const ofOne = makers.every(({ task }) => task.name === first?.task.name);
    const message = `${this.#name} reads the artifact ${quoted(artifact)}, which ${list(makers.map(({ name }) => name))} provide`;
    const help = ofOne
      ? `name one leg in its \`needs\`, or let an activity of your own read all: \`set\` a setting to \`\${tasks.${first?.name ?? ''}.outputs.${artifact}}\` for each`
      : 'let it need only one of them, directly or through others';
    this.#tell(message, help);
  }

  mayLack(artifact: string, among: bigint): void {
    const [maker] = this.#at(among);
    const message = `${this.#name} reads the artifact ${quoted(artifact)}, which only ${quoted(maker?.task.name ?? '')} provides, and that is optional`;
    this.#tell(message, `take \`optional\` away, or let the activity declare the artifact in \`mayRead\``);
  }

  #at(bits: bigint): Leg[] {
    return this.ancestry.order.filter((_, place) => (bits & bit(place)) !== 0n);
  }

  #tell(message: string, help: string): void {
    this.found.add(this.leg.task.span, ['tasks', this.leg.task.name], message, { help });
  }
}

const NAMED = 4;

function list(names: readonly string[]): string {
  const more = names.length - NAMED;
  return [...names.slice(0, NAMED).map(quoted), ...(more > 0 ? [`${more} more`] : [])].join(' and ');
}

function remedy(artifact: string, activities: ReadonlyMap<string, CatalogEntry>): string {
  const [uses] = [...activities].find(([, { provides }]) => provides.includes(artifact)) ?? [];
  return uses === undefined ? 'no activity provides it' : `add a task with \`uses: ${uses}\` and need it`;
}

/** For each artifact, the places of all tasks that provide it. */
function providersOf(order: readonly Leg[]): Map<string, bigint> {
  const providers = new Map<string, bigint>();
  order.forEach(({ task }, place) => {
    for (const artifact of task.activity?.provides ?? []) providers.set(artifact, (providers.get(artifact) ?? 0n) | bit(place));
  });
  return providers;
}
