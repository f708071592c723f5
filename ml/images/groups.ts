/** Names that belong together, directly or through others (disjoint sets with path halving; Tarjan & van Leeuwen, 1984). */
export class Groups {
  readonly #parents = new Map<string, string>();

  constructor(names: Iterable<string>) {
    for (const name of names) this.#parents.set(name, name);
  }

  /** One name for all of a group; undefined for a name that is in none. */
  of(name: string): string | undefined {
    let at = name;
    let parent = this.#parents.get(at);
    if (parent === undefined) return undefined;
    while (parent !== at) {
      const next: string = this.#parents.get(parent) ?? parent;
      this.#parents.set(at, next);
      at = next;
      parent = this.#parents.get(at) ?? at;
    }
    return at;
  }

  /** A name that is in no group joins none. */
  join(a: string, b: string): void {
    const [first, second] = [this.of(a), this.of(b)];
    if (first !== undefined && second !== undefined && first !== second) this.#parents.set(second, first);
  }

  /** Every group, its members and the groups by their first in the order that the names came in. */
  all(): string[][] {
    const groups = new Map<string, string[]>();
    for (const name of this.#parents.keys()) {
      const head = this.of(name) ?? name;
      const members = groups.get(head);
      if (members === undefined) groups.set(head, [name]);
      else members.push(name);
    }
    return [...groups.values()];
  }
}
