/** The audit's report as one HTML page that needs nothing else: no script, no file beside it, no network. */
import type { AuditReport } from '../../../configs/schema/audit.js';
import { documentOf } from './document.js';
import { EXAMPLES, findingSections, isPhoto } from './finding-sections.js';
import { grouped, type FindingGroup } from './groups.js';
import { html } from './html.js';
import { CLUSTERS, CLUSTER_PHOTOS, setSections } from './set-sections.js';
import { counted, facts, verdict } from './summary.js';
import { makeThumbnails, type ThumbnailOptions, type Thumbnails } from './thumbnails.js';

/**
 * Makes the page. Its size is bounded whatever was found: a number of examples per kind, of lines, of pictures and of their bytes.
 * A photo that no picture can be made of is a box with the reason; nothing of the set is changed.
 */
export async function reportPage(report: AuditReport, options: ThumbnailOptions): Promise<string> {
  const groups = grouped(report.findings);
  return rendered(report, groups, await makeThumbnails(pictured(report, groups), report, options));
}

function* pictured({ clusters }: AuditReport, groups: readonly FindingGroup[]): Generator<string> {
  for (const { findings } of groups) {
    for (const { file } of findings.filter(isPhoto).slice(0, EXAMPLES)) yield file;
  }
  for (const cluster of clusters.slice(0, CLUSTERS)) yield* cluster.slice(0, CLUSTER_PHOTOS);
}

const CONTENTS = [
  ['findings', 'Findings'],
  ['rules', 'Rules that know nothing of beauty'],
  ['distributions', 'Distributions'],
  ['counts', 'Counts'],
  ['clusters', 'Near copies'],
  ['splits', 'Splits'],
  ['pairs', 'Pairs per folder'],
] as const;

function rendered(report: AuditReport, groups: readonly FindingGroup[], thumbnails: Thumbnails): string {
  const { ok, errors, warnings, unseen } = report;
  return documentOf(
    `Audit of the photo set: ${ok ? 'sound' : counted(errors, 'error')}`,
    html`<a class="skip" href="#findings">To the findings</a>
      <header>
        <h1>Audit of the photo set</h1>
        <p class="verdict ${ok ? 'sound' : 'error'}">${ok ? '✓' : '✗'} ${verdict(report)}</p>
        <dl>
          ${facts(report).map(
            ([name, value]) =>
              html`<dt>${name}</dt>
                <dd>${value}</dd>`,
          )}
        </dl>
        ${
          unseen.length === 0
            ? ''
            : html`<h2>What this mode cannot see</h2>
                <ul>
                  ${unseen.map((what) => html`<li>${what}</li>`)}
                </ul>`
        }
        <nav aria-label="On this page">
          <ul class="contents">
            ${CONTENTS.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
          </ul>
        </nav>
      </header>
      <main>
        <section id="findings" aria-labelledby="findings-title" tabindex="-1">
          <h2 id="findings-title">Findings: ${counted(errors, 'error')}, ${counted(warnings, 'warning')}</h2>
          ${findingSections(groups, thumbnails)}
        </section>
        ${setSections(report, thumbnails)}
      </main>`,
  );
}
