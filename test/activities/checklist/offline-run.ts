/** Takes a row out of an offline W&B run and leaves a file that is whole: what a client that lost a row would have written. */
import protobuf from 'protobufjs';

const HEAD_BYTES = 7;
const CHUNK_HEAD = 7;
const BLOCK = 32_768;

/** @param row from 0. @throws where the file is longer than one block, whose chunks could not just be moved up, or has no such row. */
export function withoutRow(file: Buffer, row: number): Buffer {
  if (file.length > BLOCK) throw new Error('the run is longer than one block');
  const kept = [file.subarray(0, HEAD_BYTES)];
  let rows = 0;
  for (let at = HEAD_BYTES; at < file.length;) {
    const end = at + CHUNK_HEAD + file.readUInt16LE(at + 4);
    if (!isHistory(file.subarray(at + CHUNK_HEAD, end)) || rows++ !== row) kept.push(file.subarray(at, end));
    at = end;
  }
  if (rows <= row) throw new Error(`the run has ${rows} rows`);
  return Buffer.concat(kept);
}

/** Field 2 of wandb's message Record. */
function isHistory(record: Buffer): boolean {
  const reader = protobuf.Reader.create(record);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === 2) return true;
    reader.skipType(tag & 7);
  }
  return false;
}
