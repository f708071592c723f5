/** A ranking as one HTML page with pictures, best first, that needs nothing else: no script, no file beside it, no network. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Manifest } from '../../configs/schema/manifest.js';
import { PHOTOS_IN_FLIGHT } from '../images/decode.js';
import { inFlight } from '../images/in-flight.js';
import { clipped, html, Html } from '../images/report/html.js';
import { STYLE } from '../images/report/style.js';
import { counted } from '../images/report/summary.js';
import { makeThumbnail, type Thumbnail } from '../images/report/thumbnails.js';
import { MAX_PIXELS, type RankedPhoto, type Ranking } from './rank.js';

/** Photos on the page, the best ones, so that a browser opens it at once: some 5 kB each. */
const MOST = 1000;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
/** Browsers take this page's own style sheet and pictures inside it, and nothing else. */
const POLICY = `default-src 'none'; img-src data:; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

export async function rankingPage(ranking: Ranking, manifest: Manifest): Promise<string> {
  const shown = ranking.photos.slice(0, MOST);
  const pictures = await inFlight(shown, PHOTOS_IN_FLIGHT, ({ file }) => makeThumbnail(file, MAX_PIXELS));
  const left = ranking.photos.length - shown.length;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>Ranking of ${counted(ranking.photos.length, 'photo')}</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <header>
          <h1>Ranking of ${counted(ranking.photos.length, 'photo')}, best first</h1>
          <p>Model ${manifest.version}, run ${manifest.run}. ${meaning(manifest)}</p>
        </header>
        <main>
          <ol class="sheet">
            ${shown.map((photo, place) => cell(photo, place, pictures[place] ?? { none: 'no picture' }))}
          </ol>
          ${left === 0 ? '' : html`<p>and ${counted(left, 'photo')} more, which the CSV file and the JSON document name</p>`}
          ${ranking.refused.length === 0 ? '' : refused(ranking)}
        </main>
      </body>
    </html>`;
  return `${page.text}\n`;
}

function meaning({ scores, close }: Manifest): string {
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
