/** What the page says of the set as a whole: what tells good from bad too easily, near copies, splits and pairs. */
import type { AuditReport, Counts, Distribution } from '../../../configs/schema/audit.js';
import { histogram, interval, number } from './charts.js';
import { photo } from './finding-sections.js';
import { clipped, html, type Html } from './html.js';
import { counted, percent } from './summary.js';
import type { Thumbnails } from './thumbnails.js';

/** Clusters that are shown, and photos of each. */
export const CLUSTERS = 50;
export const CLUSTER_PHOTOS = 8;
/** Rows of a table of folders or values. */
const ROWS = 50;

export function setSections(report: AuditReport, thumbnails: Thumbnails): Html[] {
  return [rules(report), distributions(report), counts(report), clusters(report, thumbnails), splits(report), folderPairs(report)];
}

function rules({ rules }: AuditReport): Html {
  return section('rules', 'Rules that know nothing of beauty', rules.length, () => [
    html`<p>How often each tells the good photo of a pair from the bad one, with its 95 % interval. Far from 50 %, a model can cheat.</p>`,
    table(
      ['rule', 'right', 'interval', '', 'pairs'],
      rules.map((rule) => [rule.rule, percent(rule.accuracy), `${percent(rule.low)} to ${percent(rule.high)}`, interval(rule), rule.pairs]),
    ),
  ]);
}

function distributions({ distributions }: AuditReport): Html {
  return section('distributions', 'Distributions', distributions.length, () => [
    html`<p>Photos per bin: ${legend}</p>`,
    html`<div class="charts">${distributions.map(distribution)}</div>`,
  ]);
}

const legend = html`<svg class="key" viewBox="0 0 1 1" aria-hidden="true"><rect class="good" width="1" height="1" /></svg> good
  <svg class="key" viewBox="0 0 1 1" aria-hidden="true"><rect class="bad" width="1" height="1" /></svg> bad`;

function distribution(shown: Distribution): Html {
  const { name, unit, bins } = shown;
  return html`<div>
    <h3>${name}</h3>
    ${histogram(shown)}
    <details>
      <summary>Numbers</summary>
      ${table(
        [`from (${unit})`, `to (${unit})`, 'good', 'bad'],
        bins.map(({ from, to, good, bad }) => [number(from), number(to), good, bad]),
      )}
    </details>
  </div>`;
}

function counts({ counts }: AuditReport): Html {
  return section('counts', 'Counts', counts.length, () => [html`<div class="charts">${counts.map(count)}</div>`]);
}

function count({ name, values }: Counts): Html {
  return html`<div>
    <h3>${name}</h3>
    ${table(
      [name, 'good', 'bad'],
      values.map(({ value, good, bad }) => [value, good, bad]),
    )}
  </div>`;
}

function clusters({ clusters }: AuditReport, thumbnails: Thumbnails): Html {
  return section('clusters', 'Near copies', clusters.length, () => [
    html`<p>${counted(clusters.length, 'cluster')} of photos that look alike, the largest first.</p>`,
    ...clusters.slice(0, CLUSTERS).map((files, index) => {
      const more = files.length - CLUSTER_PHOTOS;
      return html`<h3>Cluster ${index + 1} (${counted(files.length, 'photo')})</h3>
        <ul class="strip" tabindex="0" aria-label="Photos of cluster ${index + 1}">
          ${files
            .slice(0, CLUSTER_PHOTOS)
            .map((file) => html`<li>${photo(file, '', thumbnails)}</li>`)}${more > 0 ? html`<li>and ${more} more</li>` : ''}
        </ul>`;
    }),
    moreThan(CLUSTERS, clusters.length),
  ]);
}

function splits({ splits }: AuditReport): Html {
  const names = ['train', 'val', 'test'] as const;
  return section('splits', 'Splits', names.length, () => [
    table(
      ['split', 'folders', 'photos', 'pairs of an epoch', 'width of the 95 % interval'],
      names.map((name) => {
        const { folders, photos, pairs, interval } = splits[name];
        return [name, folders, photos, pairs, interval === null ? 'no pairs' : percent(interval)];
      }),
    ),
  ]);
}

function folderPairs({ folderPairs }: AuditReport): Html {
  return section('pairs', 'Pairs per folder', folderPairs.length, () => [
    table(
      ['folder', 'split', 'pairs', 'weight', 'drawn per epoch'],
      folderPairs.map(({ folder, split, pairs, weight, perEpoch }) => [folder, split, pairs, number(weight), perEpoch]),
    ),
  ]);
}

/** With its content, or one sentence where there is none. */
function section(id: string, title: string, length: number, content: () => readonly Html[]): Html {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${length === 0 ? html`<p>None in this report.</p>` : content()}
  </section> `;
}

type Cell = string | number | Html;

function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): Html {
  const kind = (column: number): string => (typeof rows[0]?.[column] === 'number' ? 'number' : 'text');
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table: ${heads[0] ?? ''}">
      <table>
        <thead>
          <tr>
            ${heads.map((head, column) => html`<th scope="col" class="${kind(column)}">${head}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, ROWS).map(
            (row) =>
              html`<tr>
                ${row.map((cell, column) => html`<td class="${kind(column)}">${typeof cell === 'string' ? clipped(cell) : cell}</td>`)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
    ${moreThan(ROWS, rows.length)}`;
}

function moreThan(shown: number, length: number): Html {
  return length > shown ? html`<p>and ${length - shown} more: see audit.json</p>` : html``;
}
