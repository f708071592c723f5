/** Photos that hang together, by union-find (Tarjan, "Efficiency of a good but not linear set union algorithm", 1975). */
export class Clusters {
  readonly #parents: Uint32Array;

  constructor(count: number) {
    this.#parents = Uint32Array.from({ length: count }, (_, photo) => photo);
  }

  /** @returns false where they hang together already. */
  join(a: number, b: number): boolean {
    const [first, second] = [this.find(a), this.find(b)];
    // The smaller number is the root: what comes out does not depend on the order of joining.
    this.#parents[Math.max(first, second)] = Math.min(first, second);
    return first !== second;
  }

  /** The smallest number of those that a photo hangs together with. */
  find(photo: number): number {
    const parents = this.#parents;
    let at = photo;
    for (let parent = parents[at] as number; parent !== at; parent = parents[at] as number) {
      const grandparent = parents[parent] as number;
      parents[at] = grandparent;
      at = grandparent;
    }
    return at;
  }

  /** Those of two photos and more, each by number, the clusters by their first. */
  list(): number[][] {
    const members = new Map<number, number[]>();
    this.#parents.forEach((parent, photo) => {
      if (parent === photo && this.find(photo) === photo) members.set(photo, [photo]);
      else members.get(this.find(photo))?.push(photo);
    });
    return [...members.values()].filter(({ length }) => length > 1);
  }
}

/**
 * Photos that hang together by edges, two and more, each cluster by number, clusters by their first. Beware of chains: a cluster's first
 * and last photo need not look alike. Two different photos hang together where a collage shares a part with either; what is true of
 * each edge is true of a cluster only as far as it is small.
 */
export function clusters(edges: readonly { readonly a: number; readonly b: number }[], count: number): number[][] {
  const all = new Clusters(count);
  for (const { a, b } of edges) all.join(a, b);
  return all.list();
}
