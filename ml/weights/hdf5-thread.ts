/**
 * The thread that opens HDF5 files. The HDF5 library, compiled to WebAssembly, sees a file system of its own with one file in it:
 * links and raw data that point elsewhere find nothing, and what a hostile file breaks is this thread's memory.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { BrokenSoftLink, Dataset, ExternalLink, File, Group, ready } from 'h5wasm';
import { isOptimizerState } from './names.js';
import type { Tensor } from './safetensors.js';

export interface ThreadData {
  readonly file: Uint8Array;
}
export type ThreadReply = { readonly tensors: readonly (readonly [name: string, tensor: Tensor])[] } | { readonly fault: string };

/** More than any network of this project has, few enough to be told at once. */
const MAX_OBJECTS = 10_000;
const PLACE = '/weights.h5';
/** `H5T_class_t` of the library: counters and seeds are skipped, everything else but floats is refused. */
const INTEGER = 0;
const FLOAT = 1;

async function answer({ file }: ThreadData): Promise<ThreadReply> {
  try {
    const library = await ready;
    // Without it a failed read is silent and leaves whatever the memory held.
    library.activate_throwing_error_handler();
    library.FS.writeFile(PLACE, file);
    return { tensors: readTensors(new File(PLACE, 'r'), file.length) };
  } catch (error) {
    return { fault: error instanceof Error ? inWords(error.message) : String(error) };
  }
}

function readTensors(root: File, fileBytes: number): [string, Tensor][] {
  const paths = root.paths();
  if (paths.length > MAX_OBJECTS) throw new Error(`it holds ${paths.length} objects, more than ${MAX_OBJECTS}`);
  const tensors: [string, Tensor][] = [];
  // Shapes cost nothing to claim: without a bound a small file could fill the memory.
  let left = 2 * fileBytes;
  for (const path of paths) {
    const found = root.get(path);
    if (found instanceof Group) continue;
    if (found instanceof ExternalLink || found instanceof BrokenSoftLink) throw new Error(`${path} in it is a link to elsewhere`);
    if (!(found instanceof Dataset)) throw new Error(`${path} in it is neither a group nor a tensor`);
    const { shape, type, size, littleEndian, virtual_sources: virtual } = found.metadata;
    if (type === INTEGER || (type !== FLOAT && isOptimizerState(path))) continue;
    if (type !== FLOAT || (size !== 4 && size !== 8) || !littleEndian || shape === null)
      throw new Error(`${path} in it is not of little-endian float32 or float64`);
    if (virtual !== undefined && virtual.length > 0) throw new Error(`${path} in it is virtual: its numbers lie in other files`);
    if (found.filters.length > 0) throw new Error(`${path} in it is compressed (${found.filters.map(({ name }) => name).join(', ')})`);
    left -= size * shape.reduce((product, side) => product * side, 1);
    if (!(left >= 0)) throw new Error('its tensors claim more than the file holds');
    tensors.push([nameOf(root, path), { shape, data: floatsOf(found, path) }]);
  }
  return tensors;
}

function floatsOf(dataset: Dataset, path: string): Float32Array {
  const { value } = dataset;
  // A scalar, such as an optimiser's learning rate.
  if (typeof value === 'number') return Float32Array.of(value);
  if (value instanceof Float32Array || value instanceof Float64Array) return Float32Array.from(value);
  throw new Error(`${path} in it has no numbers`);
}

/** Keras 3.6 and newer file a layer's variables by class and number, `layers/conv2d_7/vars/0`, and say the layer's name beside them. */
function nameOf(root: File, path: string): string {
  const [, group, index] = /^(.*\/vars)\/(\d+)$/.exec(path) ?? [];
  if (group === undefined || isOptimizerState(path)) return path;
  const found = root.get(group);
  const layer = found instanceof Group ? found.attrs['name']?.value : undefined;
  return typeof layer === 'string' ? `${layer}/${index}` : path;
}

/** The library's own report goes from the call to the cause, a line a function: the cause is what a person can use. */
function inWords(report: string): string {
  const causes = [...report.matchAll(/^ *#\d+: .* in \w+\(\): (.*)$/gm)].map(([, cause]) => cause ?? '');
  return causes.at(-1) ?? report;
}

if (parentPort !== null) {
  const reply = await answer(workerData as ThreadData);
  const buffers = 'tensors' in reply ? reply.tensors.map(([, { data }]) => data.buffer as ArrayBuffer) : [];
  parentPort.postMessage(reply, buffers);
}
