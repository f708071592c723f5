/**
 * Payloads that would be large travel compressed: the plan of a thousand tasks, and the ledger over them, say the same words a thousand
 * times, and the server refuses what is over 2 MB. Small ones stay as they are, so that Temporal's UI shows them.
 */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';

const LARGE_BYTES = 64 * 1024;
/** Most that a payload may unpack to: what is more was not made here. */
const MOST_BYTES = 256 * 1024 * 1024;
const PACKED = new TextEncoder().encode('binary/gzip');
/** Under which name the encoding of what is packed is kept. */
const INNER = 'packed-encoding';

const pack = promisify<Uint8Array, Buffer>(gzip);
const unpack = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzip);

const codec: PayloadCodec = {
  encode: (payloads) => Promise.all(payloads.map(encoded)),
  decode: (payloads) => Promise.all(payloads.map(decoded)),
};

/** For every client and worker of a project. */
export const DATA_CONVERTER: DataConverter = { payloadCodecs: [codec] };

async function encoded(payload: Payload): Promise<Payload> {
  const { metadata, data } = payload;
  const encoding = metadata?.['encoding'];
  if (data === null || data === undefined || data.length < LARGE_BYTES || encoding === undefined) return payload;
  return { metadata: { ...metadata, encoding: PACKED, [INNER]: encoding }, data: await pack(data) };
}

async function decoded(payload: Payload): Promise<Payload> {
  const { [INNER]: encoding, ...metadata } = payload.metadata ?? {};
  if (encoding === undefined || payload.data === null || payload.data === undefined) return payload;
  return { metadata: { ...metadata, encoding }, data: await unpack(payload.data, { maxOutputLength: MOST_BYTES }) };
}
