/** The page: takes photos, gives them to the worker and shows what it answers. */
import type { Answer, Ask, Ready } from '../shared/messages.js';
import { rank } from '../shared/ranking.js';
import { inWords } from '../shared/trouble.js';
import { make, parts } from './elements.js';
import { canvasOf, rankingItems, type ScoredPhoto } from './list.js';
import { lookAt } from './look.js';
import { keepForOffline } from './offline.js';
import { countOf, describeModel } from './words.js';

declare const __WORKER__: string;

/** Photos that were chosen and are not answered yet, by number. */
const waiting = new Map<number, File>();
let scored: ScoredPhoto[] = [];
let refused: { readonly name: string; readonly why: string }[] = [];
let model: Ready | null = null;
let numbered = 0;

const worker = new Worker(new URL(__WORKER__ + location.search, document.baseURI), { type: 'module', name: 'ranker' });
worker.onmessage = ({ data }: MessageEvent<Answer>) => hear(data);
worker.onerror = (event) => giveUp(`The part of the page that holds the model did not start: ${event.message ?? 'it could not be loaded'}`);

function hear(answer: Answer): void {
  switch (answer.kind) {
    case 'loading':
      parts.progress.max = answer.all;
      parts.progress.value = answer.done;
      return;
    case 'ready':
      return ready(answer.model);
    case 'refused':
      return giveUp(answer.why);
    case 'scored': {
      const photo = waiting.get(answer.id);
      if (photo !== undefined) {
        performance.measure('photo', { start: performance.now() - answer.milliseconds, duration: answer.milliseconds });
        scored.push({ id: answer.id, name: photo.name, score: answer.score, thumbnail: canvasOf(answer.thumbnail) });
      }
      return finished(answer.id);
    }
    case 'unreadable':
      return refuse(answer.id, answer.why);
  }
}

function ready(loaded: Ready): void {
  model = loaded;
  parts.progress.hidden = true;
  parts.model.textContent = describeModel(loaded);
  for (const [id, photo] of waiting) ask(id, photo);
  showSoon();
  // After the model, so that the first ranking does not wait for it.
  void keepForOffline();
}

/** Nothing can be ranked any more. */
function giveUp(why: string): void {
  worker.terminate();
  waiting.clear();
  parts.alert.textContent = why;
  parts.alert.hidden = false;
  parts.progress.hidden = true;
  parts.choose.disabled = true;
  parts.drop.hidden = true;
  parts.status.textContent = 'No model is loaded, so no photo can be ranked.';
}

function take(photos: Iterable<File>): void {
  if (parts.choose.disabled) return;
  for (const photo of photos) {
    const id = numbered++;
    waiting.set(id, photo);
    if (model !== null) ask(id, photo);
  }
  showSoon();
}

/** Resolves when the photos before were looked at: thousands at once would hold as many images. */
let line: Promise<void> = Promise.resolve();
function ask(id: number, photo: File): void {
  line = line.then(() => lookAndAsk(id, photo));
}

async function lookAndAsk(id: number, photo: File): Promise<void> {
  try {
    await lookAt(photo, model?.crop ?? 1);
    worker.postMessage({ id, photo } satisfies Ask);
  } catch (error) {
    refuse(id, inWords(error));
  }
}

function refuse(id: number, why: string): void {
  const photo = waiting.get(id);
  if (photo !== undefined) refused.push({ name: photo.name, why });
  finished(id);
}

function finished(id: number): void {
  if (waiting.delete(id)) showSoon();
}

/** Once for all that happens until the next frame. */
let frame: number | null = null;
function showSoon(): void {
  frame ??= requestAnimationFrame(show);
}

function show(): void {
  frame = null;
  showProgress();
  parts.results.hidden = scored.length === 0;
  parts.ranking.replaceChildren(...rankingItems(scored, model?.scores ?? null));
  parts.refused.hidden = refused.length === 0;
  parts.refusedList.replaceChildren(...refused.map(({ name, why }) => make('li', '', make('strong', '', name), `: ${why}`)));
}

function showProgress(): void {
  const text = statusNow();
  // A screen reader says it anew whenever it is set.
  if (parts.status.textContent !== text) parts.status.textContent = text;
  if (model === null) return;
  parts.progress.hidden = waiting.size === 0;
  parts.progress.setAttribute('aria-label', 'Ranking photos');
  parts.progress.max = Math.max(1, photosNow());
  parts.progress.value = scored.length + refused.length;
}

function photosNow(): number {
  return waiting.size + scored.length + refused.length;
}

function statusNow(): string {
  const all = photosNow();
  if (model === null) return all === 0 ? 'Loading the model …' : `Loading the model; ${countOf(all)} waiting …`;
  if (waiting.size > 0) return `Ranking ${countOf(all)} …`;
  const unread = refused.length === 0 ? '' : `; ${countOf(refused.length)} could not be ranked, see below`;
  const [best] = rank(scored, null);
  return best === undefined ? `Ready: choose photos${unread}.` : `${countOf(scored.length)} ranked, the best is ${best.name}${unread}.`;
}

function clear(): void {
  waiting.clear();
  scored = [];
  refused = [];
  showSoon();
  parts.choose.focus();
}

parts.choose.addEventListener('change', () => {
  take(parts.choose.files ?? []);
  parts.choose.value = ''; // the same photo may be chosen again
});
parts.clear.addEventListener('click', clear);
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  parts.drop.classList.add('over');
});
document.addEventListener('dragleave', (event) => {
  if (event.relatedTarget === null) parts.drop.classList.remove('over');
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  parts.drop.classList.remove('over');
  take(event.dataTransfer?.files ?? []);
});
