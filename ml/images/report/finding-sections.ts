/** The page's findings: by kind, the first as contact sheets, more as a list that is folded. */
import type { Finding } from '../../../configs/schema/audit.js';
import type { FindingGroup } from './groups.js';
import { clipped, html, type Html } from './html.js';
import type { Thumbnails } from './thumbnails.js';

/** Photos of a kind that are shown. */
export const EXAMPLES = 24;
/** Lines of a kind; audit.json has all. */
const LISTED = 100;

/** Whether a finding is about a photo: `folder/good/name`. */
export function isPhoto({ file }: Pick<Finding, 'file'>): boolean {
  return /^[^/]+\/(?:good|bad)\/[^/]+$/s.test(file);
}

export function findingSections(groups: readonly FindingGroup[], thumbnails: Thumbnails): Html {
  if (groups.length === 0) return html`<p>Nothing was found.</p>`;
  return html`<nav aria-label="Kinds of findings">
      <ul class="kinds">
        ${groups.map(
          ({ code, severity, findings }) =>
            html`<li>
              <a href="#${code}"><span class="${severity}">${severity}</span> ${code}</a> (${findings.length})
            </li>`,
        )}
      </ul>
    </nav>
    ${groups.map((group) => section(group, thumbnails))}`;
}

function section({ code, severity, cure, findings }: FindingGroup, thumbnails: Thumbnails): Html {
  const photos = findings.filter(isPhoto);
  const examples = photos.slice(0, EXAMPLES);
  const rest = [...findings.filter((found) => !isPhoto(found)), ...photos.slice(EXAMPLES)];
  return html`<section aria-labelledby="${code}">
    <h3 id="${code}"><span class="${severity}">${severity}</span>: ${code} (${findings.length})</h3>
    <p>Cure: ${cure}.</p>
    ${
      examples.length === 0
        ? ''
        : html`<ul class="sheet">
            ${examples.map(({ file, message }) => html`<li>${photo(file, message, thumbnails)}</li>`)}
          </ul>`
    }
    ${
      rest.length === 0
        ? ''
        : examples.length === 0
          ? list(rest)
          : html`<details>
              <summary>${rest.length} more</summary>
              ${list(rest)}
            </details>`
    }
  </section> `;
}

function list(findings: readonly Finding[]): Html {
  const more = findings.length - LISTED;
  return html`<ul>
    ${findings.slice(0, LISTED).map(({ file, message }) => html`<li><bdi class="file">${file === '.' ? 'the whole set' : clipped(file)}</bdi>: ${clipped(message)}</li> `)}${
      more > 0 ? html`<li>and ${more} more: see audit.json, or <code>emo-aen audit --json</code></li>` : ''
    }
  </ul>`;
}

/** One photo of a contact sheet: its picture, or a box that says why there is none. */
export function photo(file: string, message: string, thumbnails: Thumbnails): Html {
  const thumbnail = thumbnails.place(file);
  return html`<figure>
    ${
      'none' in thumbnail
        ? html`<div class="none">${clipped(thumbnail.none)}</div>`
        : html`<img src="${thumbnail.uri}" width="${thumbnail.width}" height="${thumbnail.height}" alt="Thumbnail" decoding="async" />`
    }
    <figcaption><bdi class="file">${clipped(file)}</bdi>${clipped(message)}</figcaption>
  </figure>`;
}
