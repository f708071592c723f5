/** Whole weights of Keras' MobileNetV3-Large, laid out as Keras' own savers do it: golden/keras.json, made by keras_files.py. */
import { readFileSync } from 'node:fs';
import { File, ready } from 'h5wasm';
import { seeded } from '../onnx/seeded-network.js';
import { SIDE } from './features.js';

export type KerasLayout = 'keras3' | 'numbered' | 'keras2';
export const KERAS_LAYOUTS: readonly KerasLayout[] = ['keras3', 'numbered', 'keras2'];

interface Golden {
  /** `layer/variable` and shape, in the order of the layers. */
  readonly variables: readonly (readonly [name: string, shape: readonly number[]])[];
  /** Path of the dataset, name attribute of its group, place in `variables`. */
  readonly layouts: Readonly<Record<KerasLayout, readonly (readonly [path: string, layer: string | null, variable: number])[]>>;
  /** The first ones of each photo. */
  readonly features: readonly (readonly number[])[];
}
export type KerasVariant = 'large' | 'minimalistic';
export const kerasGolden = JSON.parse(readFileSync('test/ml/weights/golden/keras.json', 'utf8')) as Readonly<Record<KerasVariant, Golden>>;

/** Two photos as [2, SIDE, SIDE, 3], in [-1, 1]. */
export function kerasPhotos(): Float32Array {
  return seeded('photos', 2 * SIDE * SIDE * 3, (u) => 2 * u - 1);
}

/** The numbers of one variable, in Keras' order of axes. */
export function kerasValue(name: string, shape: readonly number[]): Float32Array {
  const [layer = '', variable = ''] = name.split('/');
  const count = (sides: readonly number[]): number => sides.reduce((product, side) => product * side, 1);
  const fanIn = count(shape.slice(0, layer.includes('depthwise') ? 2 : 3));
  return seeded(name, count(shape), (u) => TRANSFORMS[variable]?.(u, fanIn) ?? NaN);
}

const signed = (u: number): number => 2 * u - 1;
const TRANSFORMS: Readonly<Record<string, (u: number, fanIn: number) => number>> = {
  kernel: (u, fanIn) => signed(u) * Math.sqrt(6 / fanIn),
  bias: (u) => 0.2 * signed(u),
  gamma: (u) => 0.8 + 0.4 * u,
  beta: (u) => 0.2 * signed(u),
  moving_mean: (u) => 0.2 * signed(u),
  moving_variance: (u) => 0.5 + u,
};

/** The bytes of a whole file; `without` leaves datasets out. */
export async function kerasFile(
  variant: KerasVariant,
  layout: KerasLayout,
  without: (path: string) => boolean = () => false,
): Promise<Uint8Array> {
  const { FS } = await ready;
  const { variables, layouts } = kerasGolden[variant];
  const file = new File('/made.h5', 'w');
  const known = new Set<string>();
  for (const [path, layer, at] of layouts[layout]) {
    if (without(path)) continue;
    const folders = path.split('/').slice(0, -1);
    folders.forEach((_, depth) => {
      const group = folders.slice(0, depth + 1).join('/');
      if (known.has(group)) return;
      known.add(group);
      const made = file.create_group(group);
      if (layer !== null && depth === folders.length - 1) made.create_attribute('name', layer);
    });
    const [name, shape] = variables[at] ?? ['', []];
    file.create_dataset({ name: path, data: kerasValue(name, shape), shape: [...shape] });
  }
  file.close();
  return FS.readFile('/made.h5');
}
