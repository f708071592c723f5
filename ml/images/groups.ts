/** Names that belong together, directly or through others. */
import { Clusters } from './clusters.js';

export class Groups {
  readonly #names: readonly string[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #clusters: Clusters;

  constructor(names: Iterable<string>) {
    this.#names = [...new Set(names)];
    this.#places = new Map(this.#names.map((name, place) => [name, place]));
    this.#clusters = new Clusters(this.#names.length);
  }

  /** A name that is in no group joins none. */
  join(a: string, b: string): void {
    const [first, second] = [this.#places.get(a), this.#places.get(b)];
    if (first !== undefined && second !== undefined) this.#clusters.join(first, second);
  }

  /** Every group, also of one name; members and groups in the order that the names came in. */
  all(): string[][] {
    const groups = new Map<number, string[]>();
    for (const [place, name] of this.#names.entries()) {
      const head = this.#clusters.find(place);
      const members = groups.get(head);
      if (members === undefined) groups.set(head, [name]);
      else members.push(name);
    }
    return [...groups.values()];
  }
}
