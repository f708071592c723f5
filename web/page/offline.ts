/** Keeps the page in the browser, so that it opens without a network. */
import { parts } from './elements.js';

export async function keepForOffline(): Promise<void> {
  if (!('serviceWorker' in navigator)) {
    parts.offline.textContent = 'This browser does not keep the page: it needs a network each time.';
    return;
  }
  try {
    await navigator.serviceWorker.register('service-worker.js', { type: 'module' });
    await navigator.serviceWorker.ready;
    parts.offline.textContent = 'This page is kept in this browser and works without a network.';
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    parts.offline.textContent = `The page could not be kept for use without a network: ${why}`;
  }
}
