/**
 * safetensors: an 8-byte little-endian header length, a JSON header, then the tensors' bytes one after another.
 * Format: https://huggingface.co/docs/safetensors. Read here: F32, F64, F16, BF16 (as float32), I64 (skipped: counters only). Written: F32.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Problem } from '../../configs/problem.js';
import { writeAtomically } from '../files/atomic.js';
import { visible } from '../images/names.js';

/** A float32 tensor in row-major order; `data.length` is the product of `shape`. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const Entry = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const Header = z.object({ __metadata__: z.record(z.string(), z.string()).optional() }).catchall(Entry);
/** That of these networks has 40 kB; the reference implementation allows 100 MB, which take a minute to refuse. */
const MAX_HEADER = 4 << 20;

type Decode = (bytes: Buffer, count: number) => Float32Array;
const DECODERS: Readonly<Record<string, { size: number; decode: Decode | null }>> = {
  F32: { size: 4, decode: decodeFloat32 },
  F64: { size: 8, decode: (bytes, count) => Float32Array.from({ length: count }, (_, i) => bytes.readDoubleLE(8 * i)) },
  F16: { size: 2, decode: (bytes, count) => Float32Array.from({ length: count }, (_, i) => halfToFloat(bytes.readUInt16LE(2 * i))) },
  BF16: { size: 2, decode: decodeBfloat16 },
  // torchvision's `num_batches_tracked`: an integer counter that nothing here reads.
  I64: { size: 8, decode: null },
};

/** @throws Problem WEIGHTS where the file is not safetensors, is cut short, or holds a type that is not read. */
export async function readSafetensors(path: string): Promise<TensorFile> {
  const bytes = await readFile(path);
  const broken = (message: string, cause?: unknown): Problem =>
    new Problem({ code: 'WEIGHTS', message: visible(message), where: path, cure: 'fetch or export the file again', cause });
  if (bytes.length < 8) throw broken(`not a safetensors file: ${bytes.length} bytes, the header's length alone takes 8`);
  const headerLength = bytes.readBigUInt64LE(0);
  if (headerLength > MAX_HEADER && Number(headerLength) + 8 <= bytes.length)
    throw broken(`its header takes ${headerLength} bytes, more than the ${MAX_HEADER} that are read`);
  if (headerLength > MAX_HEADER || Number(headerLength) + 8 > bytes.length)
    throw broken(`not a safetensors file, or cut short: its header claims ${headerLength} bytes`);
  const body = bytes.subarray(8 + Number(headerLength));
  if (bytes[8] !== 0x7b) throw broken('not a safetensors file: its header is no JSON object');
  const header = parseHeader(bytes.subarray(8, 8 + Number(headerLength)), broken);

  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(header.entries)) {
    const decoder = DECODERS[entry.dtype];
    if (decoder === undefined) throw broken(`tensor ${name} has type ${entry.dtype}; read are ${Object.keys(DECODERS).join(', ')}`);
    const count = entry.shape.reduce((product, side) => product * side, 1);
    const [from, to] = entry.data_offsets;
    if (to - from !== count * decoder.size)
      throw broken(`tensor ${name} takes ${to - from} bytes where its shape [${entry.shape.join(', ')}] needs ${count * decoder.size}`);
    if (to > body.length) throw broken(`cut short: tensor ${name} ends at byte ${to} of ${body.length}`);
  }
  insistOnOneAfterAnother(header.entries, body.length, broken);
  for (const [name, entry] of Object.entries(header.entries)) {
    const decoder = DECODERS[entry.dtype];
    const [from, to] = entry.data_offsets;
    const count = entry.shape.reduce((product, side) => product * side, 1);
    if (decoder !== undefined && decoder.decode !== null)
      tensors.set(name, { shape: entry.shape, data: decoder.decode(body.subarray(from, to), count) });
  }
  return { tensors, metadata: header.metadata };
}

/** As the reference implementation insists: no hole, no byte that two tensors share, so that a small file never fills the memory. */
function insistOnOneAfterAnother(
  entries: Readonly<Record<string, z.infer<typeof Entry>>>,
  length: number,
  broken: (message: string) => Problem,
): void {
  const inOrder = Object.entries(entries).sort(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  let end = 0;
  for (const [
    name,
    {
      data_offsets: [from, to],
    },
  ] of inOrder) {
    if (from !== end || to < from) throw broken(`tensor ${name} begins at byte ${from}, where the one before it ends at ${end}`);
    end = to;
  }
  if (end !== length) throw broken(`its tensors end at byte ${end} of ${length}`);
}

function parseHeader(
  text: Buffer,
  broken: (message: string, cause?: unknown) => Problem,
): { entries: Record<string, z.infer<typeof Entry>>; metadata: Record<string, string> } {
  let json: unknown;
  try {
    json = JSON.parse(text.toString('utf8'));
  } catch (error) {
    throw broken('not a safetensors file: its header is not JSON', error);
  }
  const parsed = Header.safeParse(json);
  if (!parsed.success) throw broken(`not a safetensors file: ${z.prettifyError(parsed.error)}`, parsed.error);
  const { __metadata__: metadata, ...entries } = parsed.data;
  return { entries, metadata: metadata ?? {} };
}

/** Writes float32 tensors, atomically. The same tensors and metadata always give the same bytes. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const header: Record<string, unknown> = Object.keys(metadata).length === 0 ? {} : { __metadata__: sorted(metadata) };
  const names = [...tensors.keys()].sort();
  let offset = 0;
  for (const name of names) {
    const { shape, data } = tensors.get(name) as Tensor;
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  // The data begins at a multiple of 8, as the reference implementation has it, so that it can be mapped.
  const json = JSON.stringify(header);
  const text = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await writeAtomically(path, async (file) => {
    await file.write(Buffer.concat([length, text]));
    for (const name of names) {
      const { data } = tensors.get(name) as Tensor;
      if (data.byteLength > 0) await file.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  });
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function decodeFloat32(bytes: Buffer, count: number): Float32Array {
  const copy = new Float32Array(count);
  new Uint8Array(copy.buffer).set(bytes);
  return copy;
}

function decodeBfloat16(bytes: Buffer, count: number): Float32Array {
  const bits = Uint32Array.from({ length: count }, (_, i) => bytes.readUInt16LE(2 * i) << 16);
  return new Float32Array(bits.buffer);
}

/** IEEE 754 half precision, its 16 bits as an integer, to a number. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
