/** The DAG as one self-contained SVG that is readable on light and dark pages. */
import { layOut, type Place } from './layers.js';
import type { DrawnTask } from './mermaid.js';

/** px: of a box, between boxes and layers, and around the drawing. */
const BOX = { width: 128, height: 34 };
const GAP = { across: 20, down: 26 };
const MARGIN = 8;
/** px: what stands beside a task's name in its box, and one character of it. */
const LABEL = { beside: 36, character: 7.9 };

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

/** Draws tasks, which stand in an order in which needs come first, from top to bottom. */
export function svg(name: string, tasks: readonly DrawnTask[]): string {
  const layout = layOut(tasks);
  const boxWidth = Math.max(BOX.width, ...tasks.map((task) => round(LABEL.beside + task.name.length * LABEL.character)));
  const width = round(2 * MARGIN + layout.width * (boxWidth + GAP.across) - GAP.across);
  const height = 2 * MARGIN + layout.height * (BOX.height + GAP.down) - GAP.down;
  const drawn = new Map(tasks.map((task) => [task.name, task]));
  const boxes = layout.places.map((place) => box(place, drawn.get(place.name ?? ''), boxWidth)).filter((text) => text !== '');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(name)}: ${tasks.length} tasks</title>`,
    `<style>${STYLE}\n</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z"/></marker></defs>',
    ...layout.edges.map((edge) => `<path d="${curve(edge, boxWidth)}" marker-end="url(#arrow)"/>`),
    ...boxes,
    '</svg>',
  ].join('\n');
}

function box(place: Place, task: DrawnTask | undefined, width: number): string {
  if (task === undefined) return '';
  const { x, top } = corner(place, width);
  const base = top + BOX.height / 2 + 4.5;
  return [
    `<g class="task ${task.queue}"><rect x="${round(x)}" y="${top}" width="${width}" height="${BOX.height}" rx="6"/>`,
    `<text class="stage" x="${round(x + 10)}" y="${base}">${task.stage}</text>`,
    `<text x="${round(x + 26)}" y="${base}">${escaped(task.name)}</text></g>`,
  ].join('');
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
