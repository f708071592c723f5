/** How long it takes from opening the page to the first ranking of two photos, and how long each photo takes from then on. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { median } from '../../ml/ranking/median.js';
import { photoMaker } from '../made-photos.js';
import { WORKPLACE } from '../peers.js';
import { NOTHING, type Findings } from '../report.js';
import { openBrowser } from '../../ml/browser/chromium.js';
import type { Note, Served, WebOptions } from './web.js';

/** Photos as they are shared, and as cameras make them, in pixels. */
const SIZES = { photo: [1600, 1200], largePhoto: [4000, 3000] } as const;
const FIRST = 2;
const MORE = 20;
const GRAIN = 6;

interface Opened {
  readonly firstSeconds: number;
  readonly eachMs: number;
}

export async function measureOpening({ url }: Served, { rounds, photos }: WebOptions, note: Note): Promise<Findings> {
  const folder = join(WORKPLACE, 'web');
  try {
    const make = await photoMaker(photos, GRAIN);
    const opened: Record<string, Opened[]> = {};
    for (const [name, [width, height]] of Object.entries(SIZES)) {
      note(`making ${FIRST + MORE} photos of ${width} x ${height}`);
      await mkdir(folder, { recursive: true });
      const paths = Array.from({ length: FIRST + MORE }, (_, index) => join(folder, `${name}-${index}.jpg`));
      for (const [index, path] of paths.entries()) {
        const { data } = await make(index, width, height);
        await sharp(data, { raw: { width, height, channels: 3 } })
          .jpeg({ quality: 90 })
          .toFile(path);
      }
      for (let round = 1; round <= rounds; round++) {
        note(`round ${round} of ${rounds}: opening the page, ${FIRST} photos of ${width} x ${height}, then ${MORE} more`);
        (opened[name] ??= []).push(await open(url, paths));
      }
    }
    const firsts = (opened['photo'] ?? []).map(({ firstSeconds }) => firstSeconds);
    const each = Object.entries(opened).map(([name, times]): [string, number] => [`${name}Ms`, median(times.map(({ eachMs }) => eachMs))]);
    return { ...NOTHING, medians: { firstRankingSeconds: median(firsts), ...Object.fromEntries(each) } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** In a browser that has never been here; the photos are chosen before the model is loaded, as an impatient person does. */
async function open(url: string, paths: readonly string[]): Promise<Opened> {
  const browser: Browser = await openBrowser();
  try {
    const page = await browser.newPage();
    const ranked = (count: number): Promise<void> =>
      page
        .getByRole('status')
        .filter({ hasText: `${count} photos ranked` })
        .waitFor();
    const begun = performance.now();
    await page.goto(url);
    await page.setInputFiles('#choose', paths.slice(0, FIRST));
    await ranked(FIRST);
    const first = performance.now();
    // What is kept for use without a network is put away first, so that it takes no part.
    await page.getByText('works without a network').waitFor();
    const again = performance.now();
    await page.setInputFiles('#choose', paths.slice(FIRST));
    await ranked(paths.length);
    return { firstSeconds: (first - begun) / 1000, eachMs: (performance.now() - again) / (paths.length - FIRST) };
  } finally {
    await browser.close();
  }
}
