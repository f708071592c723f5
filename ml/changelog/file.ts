/**
 * The changelog as a file that people edit too: each run's entry stands between two markers, and nothing outside a run's own
 * markers is ever changed.
 */
import { Problem } from '../../configs/problem.js';

const HEADER = `# Model changelog

One entry for each run that published a model, the newest first. An entry is written by its run; the checklist tells when one
was edited afterwards.
`;

const begin = (run: string): string => `<!-- run ${run} -->`;
const end = (run: string): string => `<!-- end of run ${run} -->`;

/** The text with the run's entry in it: in the place of its earlier one, else before the newest. @throws Problem as {@link findEntry}. */
export function placeEntry(text: string | null, run: string, entry: string, file: string): string {
  const before = text ?? HEADER;
  const block = `${begin(run)}\n${entry}\n${end(run)}`;
  const place = locate(before, run, file);
  if (place !== null) return `${before.slice(0, place.start)}${block}${before.slice(place.end)}`;
  const newest = /^(<!-- run |## )/m.exec(before)?.index;
  if (newest !== undefined) return `${before.slice(0, newest)}${block}\n\n${before.slice(newest)}`;
  const gap = before === '' || before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n';
  return `${before}${gap}${block}\n`;
}

/**
 * The run's entry as it stands in the file; null where there is none.
 * @throws Problem CONFLICT where one of its markers is gone or stands twice, so that its bounds cannot be told.
 */
export function findEntry(text: string, run: string, file: string): string | null {
  const place = locate(text, run, file);
  return place === null ? null : text.slice(place.start + begin(run).length + 1, place.end - end(run).length - 1);
}

function locate(text: string, run: string, file: string): { start: number; end: number } | null {
  const starts = occurrences(text, begin(run));
  const ends = occurrences(text, end(run));
  const [start] = starts;
  const [last] = ends;
  if (start === undefined && last === undefined) return null;
  if (start !== undefined && last !== undefined && starts.length === 1 && ends.length === 1 && start < last)
    return { start, end: last + end(run).length };
  throw new Problem({
    code: 'CONFLICT',
    message: `the markers of run ${run} are not one pair`,
    where: `${file}:${text.slice(0, start ?? last).split('\n').length}:1`,
    cure: `leave exactly one ${begin(run)} with one ${end(run)} after it, or remove both with what is between them`,
  });
}

/** Where a marker stands at the beginning of a line. */
function occurrences(text: string, marker: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, at + 1)) if (at === 0 || text[at - 1] === '\n') found.push(at);
  return found;
}
