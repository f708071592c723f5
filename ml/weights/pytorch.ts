/**
 * PyTorch checkpoints as `torch.save` writes them: a ZIP of a pickle and the tensors' bytes (since 1.6), or, before, several
 * pickles and the bytes one after another. Read are state dicts of tensors; a checkpoint of anything else is refused in words.
 * Format: torch/serialization.py and torch/_utils.py of PyTorch 2.
 */
import { readFile } from 'node:fs/promises';
import { Problem } from '../../configs/problem.js';
import { visible } from '../images/names.js';
import { Named, Opaque, unpickle, type Pickled, type PickleRules } from './pickle.js';
import type { Tensor } from './safetensors.js';
import { readStoredZip } from './zip.js';

/** One flat run of numbers that tensors look into. `bytes` is null until a legacy file has been read to its end. */
class Storage extends Opaque {
  bytes: Buffer | null = null;
  constructor(
    readonly type: StorageType,
    readonly count: number,
  ) {
    super();
  }
}

class TensorView extends Opaque {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }
}

interface StorageType {
  readonly size: number;
  /** Null for what is skipped: integer counters (`num_batches_tracked`). */
  readonly read: ((bytes: Buffer, index: number) => number) | null;
}
const STORAGES: Readonly<Record<string, StorageType>> = {
  'torch.FloatStorage': { size: 4, read: (bytes, index) => bytes.readFloatLE(4 * index) },
  'torch.DoubleStorage': { size: 8, read: (bytes, index) => bytes.readDoubleLE(8 * index) },
  'torch.LongStorage': { size: 8, read: null },
};

const NAMES: ReadonlyMap<string, Named> = new Map(
  [
    new Named('collections.OrderedDict', newDictionary),
    new Named('torch._utils._rebuild_tensor_v2', rebuildTensor),
    new Named('torch._utils._rebuild_parameter', ([tensor]) => tensor ?? null),
    ...Object.keys(STORAGES).map((name) => new Named(name, null)),
  ].map((named) => [named.name, named]),
);

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;
/** Of data.pkl, the pickle in an archive: 100 kB for these networks. */
const MOST_PICKLED = 8 << 20;
/** Dimensions of a tensor. */
const MOST_AXES = 32;
/** Where training scripts put the state dict when they save more than it. */
const WRAPPERS = ['state_dict', 'model'];

/** Whether a file that begins with these bytes is a PyTorch checkpoint: a ZIP, or a pickle. */
export function looksLikePytorch(start: Buffer): boolean {
  return start.readUInt32LE(0) === 0x04034b50 || (start[0] === 0x80 && (start[1] ?? 0) >= 2 && (start[1] ?? 0) <= 5);
}

/**
 * The tensors of a checkpoint by name, as float32. No code of the file runs.
 * @throws Problem WEIGHTS where the file holds anything but tensors, is damaged, or is no checkpoint.
 */
export async function readPytorch(path: string): Promise<Map<string, Tensor>> {
  return decodePytorch(await readFile(path), path);
}

/** {@link readPytorch} of a file's bytes; `path` is what errors name. */
export function decodePytorch(file: Buffer, path: string): Map<string, Tensor> {
  if (file.subarray(0, 2).toString('latin1') === 'PK' && file.includes('model.weights.h5'))
    throw new Problem({
      code: 'WEIGHTS',
      message: "no file of weights: it is Keras' archive of a whole model (.keras)",
      where: path,
      cure: "save just the weights: keras.models.load_model(PATH).save_weights('name.weights.h5')",
    });
  try {
    const value = file.subarray(0, 2).toString('latin1') === 'PK' ? readZip(file) : readLegacy(file);
    return tensorsOf(value, file.length);
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    const reason = error instanceof RangeError ? 'it is cut short or damaged' : error.message;
    throw new Problem({
      code: 'WEIGHTS',
      message: `not a PyTorch checkpoint of tensors: ${visible(reason)}`,
      where: path,
      cure: 'fetch the file again, or save just the state dict in float32: torch.save(model.float().state_dict(), path), or as safetensors',
      cause: error,
    });
  }
}

function readZip(file: Buffer): Pickled {
  const files = readStoredZip(file);
  const pickle = [...files].find(([name]) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) throw new Error('the archive holds no data.pkl');
  if (pickle[1].length > MOST_PICKLED)
    throw new Error(`its data.pkl has ${pickle[1].length} bytes, far more than the names of tensors take`);
  const folder = pickle[0].slice(0, -'data.pkl'.length);
  const order = files.get(`${folder}byteorder`)?.toString() ?? 'little';
  if (order !== 'little') throw new Error(`its numbers are ${order}-endian`);
  return unpickle(pickle[1], 0, {
    names: NAMES,
    persistent: (id) => {
      const { key, storage } = newStorage(id);
      const bytes = files.get(`${folder}data/${key}`);
      if (bytes === undefined) throw new Error(`the archive holds no data/${key}`);
      return fill(storage, bytes);
    },
  }).value;
}

/** Magic number, protocol, facts about the machine, the value, the storages' keys: five pickles; then each storage's count and bytes. */
function readLegacy(file: Buffer): Pickled {
  const storages = new Map<string, Storage>();
  const rules: PickleRules = {
    names: NAMES,
    persistent: (id) => {
      const { key, storage } = newStorage(id);
      const known = storages.get(key) ?? storage;
      storages.set(key, known);
      return known;
    },
  };
  let at = 0;
  const next = (): Pickled => {
    const { value, end } = unpickle(file, at, rules);
    at = end;
    return value;
  };
  if (next() !== LEGACY_MAGIC || next() !== LEGACY_PROTOCOL) throw new Error('its magic number is not that of torch.save');
  const machine = next();
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) throw new Error('its numbers are not little-endian');
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw new Error('it lists no storages');
  for (const key of keys) {
    // Nothing of it is shown that is no text: lists of lists of lists have words without end.
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined) throw new Error(`it lists a storage ${typeof key === 'string' ? key : 'without a name'} that nothing uses`);
    const start = at + 8;
    at = start + storage.count * storage.type.size;
    if (at > file.length) throw new RangeError('cut short');
    fill(storage, file.subarray(start, at));
  }
  return value;
}

/** A persistent id is `('storage', type, key, device, count)`, in old files with a view that is None. */
function newStorage(id: Pickled): { key: string; storage: Storage } {
  const [kind, named, key, , count, view] = Array.isArray(id) ? (id as readonly Pickled[]) : [];
  const type = named instanceof Named ? STORAGES[named.name] : undefined;
  if (kind !== 'storage' || type === undefined || typeof key !== 'string' || !isCount(count) || (view ?? null) !== null)
    throw new Error('it names a storage in a way that is not known');
  return { key, storage: new Storage(type, count) };
}

function fill(storage: Storage, bytes: Buffer): Storage {
  if (bytes.length < storage.count * storage.type.size) throw new RangeError('cut short');
  storage.bytes = bytes;
  return storage;
}

function newDictionary(args: readonly Pickled[]): Pickled {
  if (args.length > 0) throw new Error('it makes a dictionary in a way that is not known');
  return new Map();
}

function rebuildTensor([storage, offset, shape, strides]: readonly Pickled[]): Pickled {
  if (
    !(storage instanceof Storage) ||
    !isCount(offset) ||
    !isCounts(shape) ||
    !isCounts(strides) ||
    shape.length !== strides.length ||
    shape.length > MOST_AXES
  )
    throw new Error('it makes a tensor in a way that is not known');
  return new TensorView(storage, offset, shape, strides);
}

function isCount(value: Pickled | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value: Pickled | undefined): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}

function tensorsOf(value: Pickled, fileBytes: number): Map<string, Tensor> {
  if (!(value instanceof Map)) throw new Error('it holds no dictionary of tensors');
  const inner = WRAPPERS.map((key) => value.get(key)).find((found) => found instanceof Map);
  const dictionary = inner instanceof Map ? inner : value;
  const tensors = new Map<string, Tensor>();
  // A tensor may look at one number many times: without a bound a small file could fill the memory.
  let left = 2 * fileBytes;
  for (const [name, view] of dictionary) {
    if (typeof name !== 'string') throw new Error('one of its keys is not a name');
    if (!(view instanceof TensorView)) throw new Error(`its entry ${name} is not a tensor`);
    if (view.storage.type.read === null) continue;
    left -= 4 * view.shape.reduce((product, side) => product * side, 1);
    // Sides whose product is infinite, and one of 0, make no number.
    if (!(left >= 0)) throw new Error('its tensors claim more than the file holds');
    tensors.set(name, gather(view, view.storage.type.read));
  }
  return tensors;
}

/** The numbers of a view in row-major order, whatever its strides. */
function gather({ storage, offset, shape, strides }: TensorView, read: (bytes: Buffer, index: number) => number): Tensor {
  const { bytes } = storage;
  if (bytes === null) throw new Error('it lists too few storages');
  const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
  const place = shape.map(() => 0);
  let index = offset;
  for (let i = 0; i < data.length; i++) {
    if (index >= storage.count) throw new RangeError('beyond its storage');
    data[i] = read(bytes, index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] as number;
      index += stride;
      place[axis] = (place[axis] as number) + 1;
      if (place[axis] !== shape[axis]) break;
      index -= stride * (place[axis] as number);
      place[axis] = 0;
    }
  }
  return { shape, data };
}
