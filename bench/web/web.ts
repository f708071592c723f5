/** `npm run bench -- web`: the page in a real browser, with a published bundle. */
import { resolve } from 'node:path';
import { CLONE } from '../../configs/load/installation.js';
import { joined, NOTHING, type Findings } from '../report.js';
import { findChromium } from '../../ml/browser/chromium.js';
import { readManifest } from '../../ml/bundle/read.js';
import { measureOpening } from './opening.js';
import { measurePhone } from './phone.js';
import { serveBundle } from './served.js';

export interface WebOptions {
  /** Fresh browsers of each that is measured. */
  readonly rounds: number;
  /** Folder of the published bundle; that of this clone without it. */
  readonly model?: string;
  /** A folder of photos to rank, instead of made ones. */
  readonly photos?: string;
  /** Names of parts; all where it is left out. */
  readonly only?: readonly string[];
}

export type Note = (text: string) => void;

export interface Served {
  /** Of the page, with a `/` at its end. */
  readonly url: string;
  /** Absolute. */
  readonly bundle: string;
}

type Part = (served: Served, options: WebOptions, note: Note) => Promise<Findings>;

export const PARTS: Readonly<Record<string, Part>> = { opening: measureOpening, phone: measurePhone };

export const LIMITS: Readonly<Record<string, number>> = { firstRankingSeconds: 3, photoMs: 150, weightsInt8OfFloat: 1.05 };

/** @throws Problem NOT_FOUND where nothing is published */
export async function benchWeb(options: WebOptions, note: Note): Promise<Findings> {
  if (findChromium() === null) return { ...NOTHING, missing: { web: 'no Chromium on PATH (Debian: sudo apt-get install chromium)' } };
  const bundle = options.model === undefined ? resolve(CLONE, 'models') : resolve(options.model);
  await readManifest(bundle);
  const { url, close } = await serveBundle(bundle);
  try {
    const found: Findings[] = [];
    for (const [name, measure] of Object.entries(PARTS))
      if (options.only?.includes(name) ?? true) found.push(await measure({ url, bundle }, options, note));
    return joined(found);
  } finally {
    close();
  }
}
