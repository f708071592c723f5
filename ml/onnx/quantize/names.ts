/** Names for what is added to a graph: readable, and never a name that the graph has already. */
import type { OnnxGraph } from './graph.js';

export class Names {
  private readonly taken: Set<string>;
  private readonly given = new Map<string, string>();

  constructor({ node, initializer, input, output }: OnnxGraph) {
    this.taken = new Set([
      ...node.flatMap((each) => [...each.input, ...each.output]),
      ...[...initializer, ...input, ...output].map(({ name }) => name),
    ]);
  }

  /** The name of what is made for `value`, such as its `weight`: the same one each time, `value/weight` where that is free. */
  of(value: string, part: string): string {
    const key = JSON.stringify([value, part]);
    const known = this.given.get(key);
    if (known !== undefined) return known;
    let name = `${value}/${part}`;
    while (this.taken.has(name)) name += '~';
    this.taken.add(name);
    this.given.set(key, name);
    return name;
  }
}
