/** A ranking as one HTML page with pictures, best first, that needs nothing else: no script, no file beside it, no network. */
import { basename } from 'node:path';
import type { Manifest } from '../../configs/schema/manifest.js';
import type { Yardstick } from '../../configs/schema/scores.js';
import { PHOTOS_IN_FLIGHT } from '../images/decoders/at-once.js';
import { withDecoders } from '../images/decoders/decoders.js';
import { inFlight } from '../images/in-flight.js';
import { documentOf } from '../images/report/document.js';
import { clipped, html, type Html } from '../images/report/html.js';
import { counted } from '../images/report/summary.js';
import type { Thumbnail } from '../images/report/thumbnail.js';
import { makeThumbnail } from '../images/report/thumbnails.js';
import { MAX_PIXELS } from '../images/square-in.js';
import type { RankedPhoto, Ranking } from './rank.js';

/** Photos on the page, the best ones, so that a browser opens it at once: some 5 kB each. */
const MOST = 1000;

/** @param measure of the file that ranked */
export async function rankingPage(ranking: Ranking, manifest: Manifest, measure: Yardstick): Promise<string> {
  const shown = ranking.photos.slice(0, MOST);
  const pictures = await withDecoders((decoders) =>
    inFlight(shown, PHOTOS_IN_FLIGHT, ({ file }) => makeThumbnail(decoders, file, MAX_PIXELS)),
  );
  const left = ranking.photos.length - shown.length;
  return documentOf(
    `Ranking of ${counted(ranking.photos.length, 'photo')}`,
    html`<header>
        <h1>Ranking of ${counted(ranking.photos.length, 'photo')}, best first</h1>
        <p>Model ${manifest.version}, run ${manifest.run}. ${meaning(measure)}</p>
      </header>
      <main>
        <ol class="sheet">
          ${shown.map((photo, place) => cell(photo, place, pictures[place] ?? { none: 'no picture' }))}
        </ol>
        ${left === 0 ? '' : html`<p>and ${counted(left, 'photo')} more, which the CSV file and the JSON document name</p>`}
        ${ranking.refused.length === 0 ? '' : refused(ranking)}
      </main>`,
  );
}

function meaning({ scores, close }: Yardstick): string {
  return [
    ...(scores === null ? [] : [`Percentages: of the ${scores.photos} test photos of the model, the share that scores lower.`]),
    ...(close === null ? [] : [`≈: less than ${close.margin.toFixed(3)} below the photo before it, so that their order is a guess.`]),
  ].join(' ');
}

function cell({ file, score, percentile, closeToPrevious }: RankedPhoto, place: number, picture: Thumbnail): Html {
  const share = percentile === null ? '' : `, ${percentile.toFixed(0)} %`;
  return html`<li>
    <figure>
      ${
        'none' in picture
          ? html`<span class="none">${picture.none}</span>`
          : html`<img src="${picture.uri}" width="${picture.width}" height="${picture.height}" alt="" loading="lazy" />`
      }
      <figcaption>
        ${place + 1}. ${closeToPrevious ? '≈ ' : ''}${score.toFixed(3)}${share}
        <span class="file" title="${file}">${clipped(basename(file), 60)}</span>
      </figcaption>
    </figure>
  </li>`;
}

function refused({ refused: photos }: Ranking): Html {
  return html`<h2>Passed over: ${counted(photos.length, 'photo')}</h2>
    <ul>
      ${photos.map(({ file, problem }) => html`<li><span class="file">${clipped(file)}</span>: ${problem.message}</li>`)}
    </ul>`;
}
