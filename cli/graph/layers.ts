/**
 * Where the nodes of a DAG stand in a drawing, after Sugiyama, Tagawa and Toda (1981): a layer for each depth, edges that
 * pass a layer hold a place in it, each layer ordered by the mean place of its neighbours.
 */

export interface Node {
  readonly name: string;
  readonly needs: readonly string[];
}

/** A task, or the place that an edge holds in a layer which it passes. */
export interface Place {
  /** Null for a passing edge. */
  readonly name: string | null;
  /** Units of one place; the leftmost is 0. */
  readonly x: number;
  readonly layer: number;
}

export interface Layout {
  readonly places: readonly Place[];
  /** Each need of each task as the places it goes through, from the needed task to the one that needs it. */
  readonly edges: readonly (readonly Place[])[];
  /** Places across the widest stretch, and layers. */
  readonly width: number;
  readonly height: number;
}

interface Slot {
  readonly name: string | null;
  readonly layer: number;
  readonly above: Slot[];
  readonly below: Slot[];
  x: number;
}

/** Passes over the layers, down and up in turn; the order settles within a few. */
const SWEEPS = 8;

/** Lays out tasks that stand in an order in which needs come first. */
export function layOut(tasks: readonly Node[]): Layout {
  const { slots, chains } = slotsOf(tasks);
  const layers = layersOf(slots);
  for (const layer of layers) layer.forEach((slot, index) => (slot.x = index - (layer.length - 1) / 2));
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : layers.toReversed()) settle(layer, down);
  }
  const left = Math.min(...slots.map(({ x }) => x), 0);
  const places = new Map(slots.map((slot) => [slot, { name: slot.name, layer: slot.layer, x: slot.x - left }]));
  const edges = chains.map((chain) => chain.map((slot) => places.get(slot)).filter((place) => place !== undefined));
  return { places: [...places.values()], edges, width: Math.max(...slots.map(({ x }) => x - left), 0) + 1, height: layers.length };
}

function slotsOf(tasks: readonly Node[]): { slots: Slot[]; chains: Slot[][] } {
  const slots: Slot[] = [];
  const chains: Slot[][] = [];
  const byName = new Map<string, Slot>();
  const add = (name: string | null, layer: number): Slot => {
    const slot: Slot = { name, layer, above: [], below: [], x: 0 };
    slots.push(slot);
    return slot;
  };
  for (const { name, needs } of tasks) {
    const needed = needs.map((need) => byName.get(need)).filter((slot) => slot !== undefined);
    const task = add(name, Math.max(-1, ...needed.map(({ layer }) => layer)) + 1);
    byName.set(name, task);
    for (const from of needed) {
      const passing = Array.from({ length: task.layer - from.layer - 1 }, (_, index) => add(null, from.layer + 1 + index));
      chains.push([from, ...passing, task]);
    }
  }
  for (const chain of chains) {
    chain.slice(1).forEach((slot, index) => {
      const before = chain[index];
      if (before === undefined) return;
      before.below.push(slot);
      slot.above.push(before);
    });
  }
  return { slots, chains };
}

function layersOf(slots: readonly Slot[]): Slot[][] {
  const layers: Slot[][] = [];
  for (const slot of slots) (layers[slot.layer] ??= []).push(slot);
  return layers;
}

/** Orders a layer by where its neighbours stand, then gives each its wish as far as one unit between neighbours allows. */
function settle(layer: Slot[], down: boolean): void {
  const wishes = new Map(layer.map((slot) => [slot, mean(down ? slot.above : slot.below) ?? slot.x]));
  const wish = (slot: Slot): number => wishes.get(slot) ?? slot.x;
  layer.sort((a, b) => wish(a) - wish(b) || a.x - b.x);
  let least = -Infinity;
  for (const slot of layer) {
    slot.x = Math.max(wish(slot), least);
    least = slot.x + 1;
  }
  // What the pushing moved to the right on the whole, the layer gives back.
  const drift = layer.reduce((sum, slot) => sum + slot.x - wish(slot), 0) / layer.length;
  for (const slot of layer) slot.x -= drift;
}

function mean(slots: readonly Slot[]): number | undefined {
  return slots.length === 0 ? undefined : slots.reduce((sum, { x }) => sum + x, 0) / slots.length;
}
