/** Weights, networks and archives of logs. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32 } from '../../../ml/files/crc32.js';
import protobuf from 'protobufjs';
import { readWandbRun } from '../../../ml/archive/wandb-file.js';
import { isCheckpoint, readMetadata } from '../../../ml/engine/checkpoint.js';
import { readForeign } from '../../../ml/onnx/foreign/read-foreign.js';
import { readHdf5 } from '../../../ml/weights/hdf5.js';
import { decodePytorch } from '../../../ml/weights/pytorch.js';
import { readSafetensors, writeSafetensors, type Tensor } from '../../../ml/weights/safetensors.js';
import type { Parser } from '../parser.js';

const WEIGHTS = join('test', 'ml', 'weights', 'golden');
const NETWORKS = join('test', 'ml', 'onnx', 'foreign', 'golden');
const files = (folder: string, names: readonly string[]): Promise<Buffer[]> =>
  Promise.all(names.map((name) => readFile(join(folder, name))));

async function placed(path: string, bytes: Buffer): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

async function safetensors(): Promise<Buffer[]> {
  const folder = await mkdtemp(join(tmpdir(), 'emo-aen-fuzz-'));
  try {
    const tensors = new Map<string, Tensor>([
      ['features.0.weight', { shape: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) }],
      ['features.0.bias', { shape: [2], data: Float32Array.of(0, -1) }],
      ['none', { shape: [0], data: new Float32Array() }],
    ]);
    const plain = join(folder, 'plain');
    await writeSafetensors(plain, tensors, {});
    const own = join(folder, 'own');
    await writeSafetensors(own, tensors, { format: 'emo-aen', network: '{}', weights: 'random', seed: '1' });
    const bytes = await readFile(plain);
    const half = Buffer.from(bytes.toString('latin1').replaceAll('"F32"', '"I64"'), 'latin1');
    return [bytes, await readFile(own), half];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The header's length, where the header ends in braces. */
function lengthOfHeader(bytes: Buffer): Buffer {
  const end = bytes.lastIndexOf('}}');
  if (end < 8) return Buffer.from(bytes);
  const made = Buffer.from(bytes);
  made.writeBigUInt64LE(BigInt(end + 2 - 8), 0);
  return made;
}

const HEAD = Buffer.from(':W&B\0\0\0', 'latin1');
const CHUNK = 7;

/** A chunk of wandb's file: a checksum, a length, a type. */
function chunk(data: Uint8Array): Buffer {
  const made = Buffer.alloc(CHUNK + data.length, 0);
  made.writeUInt16LE(data.length, 4);
  made[6] = 1;
  made.set(data, CHUNK);
  made.writeUInt32LE(crc32(made.subarray(6)), 0);
  return made;
}

/** As wandb writes a run: its start, two rows, its end (fields of `Record`, see ml/archive/wandb-file.ts). */
function wandbRun(): Buffer {
  const message = (...fields: readonly (readonly [number, string | Uint8Array])[]): Uint8Array => {
    const writer = protobuf.Writer.create();
    for (const [field, value] of fields) {
      writer.uint32((field << 3) | 2);
      if (typeof value === 'string') writer.string(value);
      else writer.bytes(value);
    }
    return writer.finish();
  };
  const item = (key: string, json: string): Uint8Array => message([1, key], [16, json]);
  const nested = message([2, 'loss'], [2, 'train'], [16, '0.5']);
  const row = message([1, item('epoch', '1')], [1, nested], [1, item('_step', '0')]);
  const exit = protobuf.Writer.create().uint32(8).int32(0).finish();
  const records = [message([17, message([1, 'abc123'], [3, 'emo-aen'])]), message([2, row]), message([2, row]), message([18, exit])];
  return Buffer.concat([HEAD, ...records.map(chunk)]);
}

/** The checksums of all chunks that can be found. */
function checksums(bytes: Buffer): Buffer {
  const made = Buffer.from(bytes);
  for (let at = HEAD.length; at + CHUNK <= made.length;) {
    const end = Math.min(made.length, at + CHUNK + made.readUInt16LE(at + 4));
    made.writeUInt32LE(crc32(made.subarray(at + 6, end)), at);
    at = end;
  }
  return made;
}

const never = new AbortController().signal;

export const WEIGHT_FILES: readonly Parser[] = [
  {
    name: 'safetensors',
    seeds: safetensors,
    words: [
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '"dtype":"F16"',
      '"BF16"',
      '"F64"',
      '"shape":[',
      '"data_offsets":[0,4]',
      '"__metadata__":{',
      '"__proto__":',
    ],
    repair: lengthOfHeader,
    read: async (bytes, at) => {
      const path = await placed(join(at, 'weights.safetensors'), bytes);
      const { metadata } = await readSafetensors(path);
      if (isCheckpoint(metadata)) readMetadata(metadata, path);
      return null;
    },
  },
  {
    name: 'pickle',
    seeds: () => files(WEIGHTS, ['legacy.pth', 'hostile.pth', 'walk.pth']),
    words: [
      '\x80\x02',
      '(',
      't',
      '}',
      ']',
      'q\x00',
      'h\x00',
      'r\x00\x00\x00\x00',
      'R',
      'Q',
      'u',
      's',
      'e',
      'a',
      '\x85',
      '\x86',
      '\x8a\xff',
      'X\xff\xff\xff\xff',
      'ctorch._utils\n_rebuild_tensor_v2\n',
      'ccollections\nOrderedDict\n',
      'ctorch\nFloatStorage\n',
      '.',
      'b',
      '2',
    ],
    read: (bytes) => {
      decodePytorch(bytes, 'weights.pth');
      return null;
    },
  },
  {
    name: 'zip',
    seeds: () => files(WEIGHTS, ['zip.pth', 'wrapped.pth', 'half.pth', 'namespace.pth']),
    words: [
      'PK\x01\x02',
      'PK\x03\x04',
      'PK\x05\x06',
      'PK\x06\x06',
      'PK\x06\x07',
      '\x01\x00\x10\x00',
      '/data.pkl',
      '/byteorder',
      'data/0',
      '\xff\xff\xff\xff',
    ],
    read: (bytes) => {
      decodePytorch(bytes, 'weights.pth');
      return null;
    },
  },
  {
    name: 'hdf5',
    // The library takes 64 MiB for itself, in a thread for each file.
    megabytes: 600,
    seeds: () =>
      files(WEIGHTS, [
        'claim.h5',
        'compressed.h5',
        'external_data.h5',
        'external_link.h5',
        'half.h5',
        'keras3.weights.h5',
        'loop.h5',
        'virtual.h5',
        'whole.h5',
        'compiled.weights.h5',
      ]),
    words: ['\x89HDF\r\n\x1a\n', 'OHDR', 'TREE', 'SNOD', 'HEAP', 'FRHP', 'BTHD', 'OCHK', 'GCOL', '\xff\xff\xff\xff\xff\xff\xff\xff'],
    read: async (bytes, at) => {
      await readHdf5(await placed(join(at, 'weights.h5'), bytes), { signal: never, limitMs: 5_000 });
      return null;
    },
  },
  {
    name: 'onnx',
    seeds: () =>
      files(NETWORKS, [
        'add-broadcast.onnx',
        'batch-folded.onnx',
        'batch-mixed.onnx',
        'constant-nodes.onnx',
        'initializers-as-inputs.onnx',
        'moved-and-joined.onnx',
        'outside.onnx',
        'slice-to-the-end.onnx',
      ]),
    words: [
      'Conv',
      'Gemm',
      'Reshape',
      'Slice',
      'Identity',
      'Constant',
      'Cast',
      'Expand',
      'Split',
      'pads',
      'strides',
      'group',
      'kernel_shape',
      'axis',
      '\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01',
      '\x08\x00',
      '../x',
    ],
    read: async (bytes, at) => {
      await readForeign(bytes, await placed(join(at, 'model.onnx'), bytes));
      return null;
    },
  },
  {
    name: 'wandb',
    seeds: async () => [wandbRun()],
    words: ['\x0a\x02', '\x12\x04', '\x82\x01', '\x8a\x01', '\x92\x01', '{"a":1}', '[[[[', '\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01'],
    repair: checksums,
    read: async (bytes, at) => {
      await readWandbRun(await placed(join(at, 'run.wandb'), bytes));
      return null;
    },
  },
];
