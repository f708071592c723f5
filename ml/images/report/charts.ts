/** Distributions and intervals as inline SVG, each with its numbers in words or in a table beside it. */
import type { Distribution, TrivialRule } from '../../../configs/schema/audit.js';
import { html, type Html } from './html.js';
import { percent } from './summary.js';

const WIDTH = 320;
const HEIGHT = 96;

/** Good and bad photos side by side in each bin, in counts. */
export function histogram({ name, bins, unit }: Distribution): Html {
  const most = Math.max(1, ...bins.flatMap(({ good, bad }) => [good, bad]));
  const slot = WIDTH / Math.max(1, bins.length);
  const bar = (count: number, x: number, kind: string): Html => {
    const height = (HEIGHT * count) / most;
    return html`<rect
      class="${kind}"
      x="${x.toFixed(1)}"
      y="${(HEIGHT - height).toFixed(1)}"
      width="${(slot * 0.42).toFixed(1)}"
      height="${height.toFixed(1)}"
    />`;
  };
  return html`<svg
      class="histogram"
      viewBox="0 0 ${WIDTH} ${HEIGHT}"
      role="img"
      aria-label="Histogram of ${name}; its numbers are in the table below"
    >
      ${bins.map(({ good, bad }, index) => [bar(good, slot * (index + 0.06), 'good'), bar(bad, slot * (index + 0.52), 'bad')])}
    </svg>
    <p class="axis">
      <span>${number(bins[0]?.from ?? 0)}</span><span>at most ${most} a bin</span><span>${number(bins.at(-1)?.to ?? 0)} ${unit}</span>
    </p>`;
}

/** From 0 to 100 %, with chance in its middle. */
export function interval({ accuracy, low, high }: TrivialRule): Html {
  const x = (share: number): string => (100 * share).toFixed(1);
  return html`<svg
    class="interval"
    viewBox="-3 0 106 12"
    role="img"
    aria-label="${percent(accuracy)}, between ${percent(low)} and ${percent(high)}"
  >
    <path class="chance" d="M50 0V12" />
    <path class="span" d="M${x(low)} 6H${x(high)}" />
    <circle cx="${x(accuracy)}" cy="6" r="2" />
  </svg>`;
}

/** A bin's end, short. */
export const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(3));
