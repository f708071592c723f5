/** A ranking as comma-separated values (RFC 4180), for spreadsheets. */
import type { RankedPhoto } from './rank.js';

const HEAD = ['place', 'score', 'percentile', 'close_to_previous', 'file'];

export function rankingCsv(photos: readonly RankedPhoto[]): string {
  const rows = photos.map(({ file, score, percentile, closeToPrevious }, place) => [
    String(place + 1),
    String(score),
    percentile?.toFixed(1) ?? '',
    String(closeToPrevious),
    quoted(harmless(file)),
  ]);
  return [HEAD, ...rows].map((fields) => `${fields.join(',')}\r\n`).join('');
}

/** A spreadsheet takes what begins like this for a formula; with `./` before it, it names the same file. */
function harmless(file: string): string {
  return /^[=+\-@\t\r]/.test(file) ? `./${file}` : file;
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
