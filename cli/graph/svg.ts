/** The DAG as one self-contained SVG that is readable on light and dark pages. */
import type { TaskState } from '../../configs/schema/ledger.js';
import { layOut, type Place } from './layers.js';
import type { DrawnTask } from './mermaid.js';
import { lookOf, present } from './states.js';

/** px: of a box, between boxes and layers, and around the drawing. */
const BOX = { width: 128, height: 34 };
const GAP = { across: 20, down: 26 };
const MARGIN = 8;
/** px: what stands beside a task's name in its box, and one character of it. */
const LABEL = { beside: 36, character: 7.9, mark: 16 };
/** px: the height of the line of states below the drawing, and its squares. */
const LEGEND = { height: 34, square: 14 };

const STYLE = `
  text { font: 13px ui-monospace, SFMono-Regular, Menlo, monospace; fill: #1f2328; }
  .stage { fill: #59636e; }
  rect { fill: #f6f8fa; stroke: #818b98; }
  .gpu rect { fill: #ddf4ff; stroke: #0969da; stroke-width: 2; }
  path { fill: none; stroke: #818b98; stroke-width: 1.5; }
  marker path { fill: #818b98; stroke: none; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .stage { fill: #9198a1; }
    rect { fill: #151b23; stroke: #656c76; }
    .gpu rect { fill: #0c2d6b; stroke: #4493f8; }
  }`;

/** Draws tasks, which stand in an order in which needs come first, from top to bottom; below them what the states are, where they have some. */
export function svg(name: string, tasks: readonly DrawnTask[]): string {
  const layout = layOut(tasks);
  const boxWidth = tasks.reduce((widest, task) => Math.max(widest, labelWidth(task)), BOX.width);
  const states = present(tasks);
  const { marks, width: legendWidth } = legend(states, MARGIN + layout.height * (BOX.height + GAP.down));
  const width = round(Math.max(2 * MARGIN + layout.width * (boxWidth + GAP.across) - GAP.across, legendWidth));
  const height = 2 * MARGIN + layout.height * (BOX.height + GAP.down) - GAP.down + (states.length === 0 ? 0 : LEGEND.height);
  const drawn = new Map(tasks.map((task) => [task.name, task]));
  const boxes = layout.places.map((place) => box(place, drawn.get(place.name ?? ''), boxWidth)).filter((text) => text !== '');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(name)}: ${tasks.length} tasks</title>`,
    `<style>${STYLE}${states.map(styleOf).join('')}\n</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z"/></marker></defs>',
    ...layout.edges.map((edge) => `<path d="${curve(edge, boxWidth)}" marker-end="url(#arrow)"/>`),
    ...boxes,
    ...marks,
    '</svg>',
  ].join('\n');
}

function box(place: Place, task: DrawnTask | undefined, width: number): string {
  if (task === undefined) return '';
  const { x, top } = corner(place, width);
  const base = top + BOX.height / 2 + 4.5;
  const { name, stage, queue, state } = task;
  const text = (at: number, words: string, className = ''): string =>
    `<text${className} x="${round(x + at)}" y="${base}">${escaped(words)}</text>`;
  return [
    `<g class="${['task', queue, ...(state === undefined ? [] : [state])].join(' ')}">`,
    state === undefined ? '' : `<title>${escaped(name)} is ${state}</title>`,
    `<rect x="${round(x)}" y="${top}" width="${width}" height="${BOX.height}" rx="6"/>`,
    text(10, String(stage), ' class="stage"'),
    state === undefined ? '' : text(26, lookOf(state).mark),
    text(state === undefined ? 26 : 26 + LABEL.mark, name),
    '</g>',
  ].join('');
}

function labelWidth({ name, state }: DrawnTask): number {
  return round(LABEL.beside + (state === undefined ? 0 : LABEL.mark) + name.length * LABEL.character);
}

function styleOf(state: TaskState): string {
  const { stroke, light, dark } = lookOf(state);
  return `
  .${state} rect { fill: ${light}; stroke: ${stroke}; stroke-width: 2; }
  @media (prefers-color-scheme: dark) { .${state} rect { fill: ${dark}; } }`;
}

/** A square, the mark and the word for each state, in a line whose top is given. */
function legend(states: readonly TaskState[], top: number): { marks: string[]; width: number } {
  let x = MARGIN;
  const marks = states.map((state) => {
    const left = round(x);
    const words = `${lookOf(state).mark} ${state}`;
    x += LEGEND.square + 8 + words.length * LABEL.character + GAP.across;
    const square = `<rect x="${left}" y="${top}" width="${LEGEND.square}" height="${LEGEND.square}" rx="3"/>`;
    return `<g class="${state}">${square}<text x="${left + LEGEND.square + 8}" y="${top + 11.5}">${escaped(words)}</text></g>`;
  });
  return { marks, width: x };
}

/** From below the first box to above the last; straight through the layers that it passes. */
function curve(edge: readonly Place[], width: number): string {
  const steps = edge.slice(1).map((to, index) => {
    const from = edge[index] ?? to;
    const [x0, y0] = [middle(from, width), corner(from, width).top + BOX.height];
    const [x1, y1] = [middle(to, width), corner(to, width).top];
    const half = round((y0 + y1) / 2);
    const start = index === 0 ? `M${x0},${y0}` : `L${x0},${y0}`;
    return `${start} C${x0},${half} ${x1},${half} ${x1},${y1}`;
  });
  return steps.join(' ');
}

function corner({ x, layer }: Place, width: number): { x: number; top: number } {
  return { x: MARGIN + x * (width + GAP.across), top: MARGIN + layer * (BOX.height + GAP.down) };
}

function middle(place: Place, width: number): number {
  return round(corner(place, width).x + width / 2);
}

/** Tenths of a pixel, so that a drawing does not differ in digits nobody sees. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
