import { findChromium } from '../../ml/browser/chromium.js';

/** To be called first of all in a suite's `before`. */
export function skipWithoutChromium(context: Mocha.Context): void {
  if (findChromium() !== null) return;
  process.stderr.write('SKIPPED: no Chromium on PATH, so the page is not tested in a browser (Debian: sudo apt-get install chromium)\n');
  context.skip();
}
