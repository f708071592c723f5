/** Both networks, and what each contestant makes of them, as files. */
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { lastWords, runJson } from '../measure.js';
import type { Peer } from '../peers.js';
import type { Note } from './quantise.js';
import { fullNetwork, reluNetwork } from './networks.js';
import { CROP, type BenchPhotos } from './photos.js';

const OURS = fileURLToPath(new URL('our-model.js', import.meta.url));
const PYTHON = fileURLToPath(new URL('../../../bench/quantise/python_static.py', import.meta.url));
const THREADS = '2';

export const NETWORKS = ['relu', 'full'] as const;
export type NetworkName = (typeof NETWORKS)[number];
/** `pythonBest` needs minutes of Python on the network that is only timed, and is made of the other one alone. */
export const CONTESTANTS = ['ours', 'pythonMinMax', 'pythonBest'] as const;
export type Contestant = (typeof CONTESTANTS)[number];

const Made = z.object({ seconds: z.number(), versions: z.record(z.string(), z.string()) });

export interface QuantisedModel extends z.infer<typeof Made> {
  readonly network: NetworkName;
  readonly by: Contestant;
  readonly path: string;
  readonly bytes: number;
}

export interface Models {
  readonly float: Readonly<Record<NetworkName, { readonly path: string; readonly bytes: number }>>;
  readonly quantised: readonly QuantisedModel[];
  /** What could not be made, and why. */
  readonly missing: Readonly<Record<string, string>>;
}

export async function makeModels(
  folder: string,
  { photos, weights, peer }: { readonly photos: BenchPhotos; readonly weights: string; readonly peer: Peer },
  note: Note,
): Promise<Models> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const calibrate = join(folder, 'calibrate.f32');
  await writeFile(calibrate, new Uint8Array(photos.calibrate.buffer, photos.calibrate.byteOffset, photos.calibrate.byteLength));
  const float = {
    relu: await written(folder, 'relu', await reluNetwork(weights, photos)),
    full: await written(folder, 'full', fullNetwork()),
  };
  const quantised: QuantisedModel[] = [];
  const missing: Record<string, string> = {};
  for (const network of NETWORKS)
    for (const by of CONTESTANTS) {
      if (by === 'pythonBest' && network !== 'relu') continue;
      const path = join(folder, `${network}-${by}.onnx`);
      const words = by === 'ours' ? [OURS, float[network].path, calibrate, path] : theirs(float[network].path, calibrate, path, by);
      const program = by === 'ours' ? process.execPath : peer.python;
      if (program === null) {
        missing[by] = peer.why ?? '';
        continue;
      }
      note(`${by} quantises the ${network} network`);
      try {
        const made = Made.parse(await runJson(program, words, { OMP_NUM_THREADS: THREADS }));
        quantised.push({ ...made, network, by, path, bytes: (await stat(path)).size });
      } catch (error) {
        if (by === 'ours') throw error;
        missing[`${by} ${network}`] = `failed: ${lastWords(error)}`;
      }
    }
  return { float, quantised, missing };
}

function theirs(float: string, calibrate: string, path: string, by: Contestant): string[] {
  return [PYTHON, float, calibrate, String(CROP), path, by === 'pythonMinMax' ? 'minMax' : 'best'];
}

async function written(folder: string, name: string, bytes: Uint8Array): Promise<{ path: string; bytes: number }> {
  const path = join(folder, `${name}.onnx`);
  await writeFile(path, bytes);
  return { path, bytes: bytes.length };
}
