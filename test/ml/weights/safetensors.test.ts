import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { readSafetensors, writeSafetensors, type Tensor } from '../../../ml/weights/safetensors.js';

describe('safetensors', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emo-aen-safetensors-'));
    file = join(folder, 'weights.safetensors');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const tensors = new Map<string, Tensor>([
    ['b', { shape: [2, 2], data: Float32Array.of(1, -2, 3.5, 1e-20) }],
    ['a', { shape: [], data: Float32Array.of(7) }],
    ['empty', { shape: [0, 3], data: new Float32Array(0) }],
  ]);

  /** A file with a header of one's own, as another program might write it. */
  const raw = async (header: unknown, body: Buffer): Promise<void> => {
    const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    await writeFile(file, Buffer.concat([length, text, body]));
  };

  it('gives back the values, shapes and metadata that were written', async () => {
    await writeSafetensors(file, tensors, { note: 'naïve' });
    const read = await readSafetensors(file);
    assert.deepEqual([...read.tensors].sort(), [...tensors].sort());
    assert.deepEqual(read.metadata, { note: 'naïve' });
  });

  it('writes the same bytes whatever the order of tensors and metadata', async () => {
    await writeSafetensors(file, tensors, { x: '1', y: '2' });
    const first = await readFile(file);
    await writeSafetensors(file, new Map([...tensors].reverse()), { y: '2', x: '1' });
    assert.deepEqual(await readFile(file), first);
  });

  it('begins its data at a multiple of eight bytes', async () => {
    for (const note of ['', 'a', 'ab', 'é']) {
      await writeSafetensors(file, tensors, { note });
      assert.equal((await readFile(file)).readBigUInt64LE(0) % 8n, 0n);
    }
  });

  it('reads half precision of both kinds', async () => {
    const body = Buffer.alloc(12);
    [0x3c00, 0xc000, 0x0001].forEach((bits, i) => body.writeUInt16LE(bits, 2 * i)); // 1, -2, 2^-24
    [0x3f80, 0xc000, 0x7f80].forEach((bits, i) => body.writeUInt16LE(bits, 6 + 2 * i)); // 1, -2, infinity
    await raw(
      { half: { dtype: 'F16', shape: [3], data_offsets: [0, 6] }, brain: { dtype: 'BF16', shape: [3], data_offsets: [6, 12] } },
      body,
    );
    const { tensors: read } = await readSafetensors(file);
    assert.deepEqual([...(read.get('half')?.data ?? [])], [1, -2, 2 ** -24]);
    assert.deepEqual([...(read.get('brain')?.data ?? [])], [1, -2, Infinity]);
  });

  it('reads double precision as float32', async () => {
    const body = Buffer.alloc(16);
    body.writeDoubleLE(0.1, 0);
    body.writeDoubleLE(-3, 8);
    await raw({ double: { dtype: 'F64', shape: [2], data_offsets: [0, 16] } }, body);
    assert.deepEqual([...((await readSafetensors(file)).tensors.get('double')?.data ?? [])], [Math.fround(0.1), -3]);
  });

  const bad: readonly [what: string, header: unknown, body: Buffer, message: RegExp][] = [
    ['a header that is not JSON', '{"a":', Buffer.alloc(0), /not JSON/],
    [
      'a tensor that ends after the file',
      { a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } },
      Buffer.alloc(4),
      /cut short: tensor a ends at byte 8 of 4/,
    ],
    [
      'a shape that its bytes do not fill',
      { a: { dtype: 'F32', shape: [3], data_offsets: [0, 8] } },
      Buffer.alloc(8),
      /takes 8 bytes where its shape \[3\] needs 12/,
    ],
    [
      'tensors that share bytes',
      Object.fromEntries(Array.from({ length: 1500 }, (_, at) => [`t${at}`, { dtype: 'F32', shape: [64], data_offsets: [0, 256] }])),
      Buffer.alloc(256),
      /tensor t1 begins at byte 0, where the one before it ends at 256/,
    ],
    ['a hole before a tensor', { a: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } }, Buffer.alloc(8), /begins at byte 4/],
    ['bytes behind the last tensor', { a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, Buffer.alloc(8), /end at byte 4 of 8/],
    ['a header of megabytes', `{${' '.repeat(5 << 20)}}`, Buffer.alloc(0), /its header takes \d+ bytes, more than/],
    ['a header that is a list', '['.repeat(1 << 20), Buffer.alloc(0), /no JSON object/],
    [
      'a name with escapes, which it makes visible',
      { '\u001b[31mred': { dtype: 'F8', shape: [1], data_offsets: [0, 1] } },
      Buffer.alloc(1),
      /tensor \\u\{1b\}\[31mred has type F8/,
    ],
    ['a type that is not read', { a: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, Buffer.alloc(1), /type F8_E4M3/],
  ];
  for (const [what, header, body, message] of bad) {
    it(`refuses ${what}`, async () => {
      await raw(header, body);
      await assert.rejects(
        readSafetensors(file),
        (error) => error instanceof Problem && error.code === 'WEIGHTS' && message.test(error.message),
      );
    });
  }

  it('refuses files too short for a header, or whose header claims more than there is', async () => {
    await writeFile(file, 'abc');
    await assert.rejects(readSafetensors(file), /3 bytes/);
    await writeFile(file, Buffer.alloc(64, 0xff));
    await assert.rejects(readSafetensors(file), /cut short/);
  });
});
