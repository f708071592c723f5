/**
 * What a project sends through a Temporal server is sealed with its key (AES-256-GCM): nobody else reads it, changes it or makes any, not
 * even who reaches the server's port (decision 0015). Large payloads are packed first: the plan of a thousand tasks says the same words a
 * thousand times, and the server refuses what is over 2 MB.
 *
 * Two things stay readable, for Temporal's UI: texts (summaries, details), and what the UI asks a workflow about itself. No message between
 * client, workflow and activity is one of them. So a text at one of their doors is something that nobody of this project sealed.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import {
  defaultPayloadConverter,
  type DataConverter,
  type Payload,
  type PayloadCodec,
  type SerializationContext,
} from '@temporalio/common';
import { keyId, type Project } from './project.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const LARGE_BYTES = 64 * 1024;
/** Most that a payload may unpack to. */
const MOST_BYTES = 256 * 1024 * 1024;

const ENCODING = 'encoding';
const SEALED = 'binary/sealed';
/** The members of a sealed payload's metadata: whose key, once-used number, what for, how packed, and the encoding of what is inside. */
const KEY = 'seal-key';
const NONCE = 'seal-nonce';
const PURPOSE = 'seal-for';
const PACKED = 'seal-packed';
const INNER = 'seal-encoding';

/** How what stays readable begins: a JSON text, and the answer to the query `__temporal_workflow_metadata`. */
const READABLE = [Buffer.from('"'), Buffer.from('{"definition":{"type":"pipeline"')];

/** What takes the place of a payload without a valid seal. */
export const UNSEALED = 'not sealed by this project';

const pack = promisify<Uint8Array, Buffer>(gzip);
const unpack = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzip);

type Metadata = Record<string, Uint8Array>;

/** For every client and worker of a project. */
export function sealing(project: Project): DataConverter {
  return { payloadCodecs: [sealCodec(project)] };
}

/** Decoding never throws: in a worker that would fail the same workflow task for ever. What is refused comes out as {@link UNSEALED}. */
export function sealCodec(project: Project): PayloadCodec {
  const keys = new Map(project.keys.map((key) => [keyId(key), key]));
  return {
    encode: (payloads, context) =>
      Promise.all(payloads.map(async (payload) => (isReadable(payload) ? payload : await seal(project, payload, context)))),
    decode: (payloads, context) =>
      Promise.all(
        payloads.map(async (payload) => {
          const opened = await open(project, keys, payload, context);
          return opened ?? (isReadable(payload) ? payload : defaultPayloadConverter.toPayload(UNSEALED));
        }),
      ),
  };
}

function isReadable({ metadata, data }: Payload): boolean {
  if (textOf(metadata?.[ENCODING]) !== 'json/plain') return false;
  const bytes = bytesOf(data);
  return READABLE.some((beginning) => bytes.subarray(0, beginning.length).equals(beginning));
}

async function seal(project: Project, payload: Payload, context: SerializationContext | undefined): Promise<Payload> {
  const { [ENCODING]: encoding, ...others } = payload.metadata ?? {};
  const plain = bytesOf(payload.data);
  const isLarge = plain.length >= LARGE_BYTES;
  const nonce = randomBytes(NONCE_BYTES);
  const [key] = project.keys;
  const metadata: Metadata = {
    ...others,
    [ENCODING]: Buffer.from(SEALED),
    [KEY]: Buffer.from(keyId(key)),
    [NONCE]: nonce,
    [PURPOSE]: Buffer.from(purposeOf(context)),
    ...(isLarge ? { [PACKED]: Buffer.from('gzip') } : {}),
    ...(encoding === undefined ? {} : { [INNER]: encoding }),
  };
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(authenticated(project, metadata));
  const sealed = cipher.update(isLarge ? await pack(plain) : plain);
  return { metadata, data: Buffer.concat([sealed, cipher.final(), cipher.getAuthTag()]) };
}

/** Null for what has no valid seal of this project for this purpose. */
async function open(
  project: Project,
  keys: ReadonlyMap<string, Buffer>,
  payload: Payload,
  context: SerializationContext | undefined,
): Promise<Payload | null> {
  const metadata = payload.metadata ?? {};
  const bytes = bytesOf(payload.data);
  const key = keys.get(textOf(metadata[KEY]));
  const nonce = metadata[NONCE];
  if (textOf(metadata[ENCODING]) !== SEALED || key === undefined) return null;
  if (nonce?.length !== NONCE_BYTES || bytes.length < TAG_BYTES) return null;
  // Who only looks, as Temporal's UI does, asks without a purpose.
  if (context !== undefined && textOf(metadata[PURPOSE]) !== purposeOf(context)) return null;
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(authenticated(project, metadata));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  let plain: Buffer;
  try {
    plain = Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return null; // the tag does not fit
  }
  const {
    [INNER]: encoding,
    [KEY]: _key,
    [NONCE]: _nonce,
    [PURPOSE]: _purpose,
    [PACKED]: packed,
    [ENCODING]: _sealed,
    ...others
  } = metadata;
  const whole = packed === undefined ? plain : await unpack(plain, { maxOutputLength: MOST_BYTES });
  return { metadata: { ...others, ...(encoding === undefined ? {} : { [ENCODING]: encoding }) }, data: whole };
}

/** A seal is for one workflow, or one activity of it: it cannot be carried to another. */
function purposeOf(context: SerializationContext | undefined): string {
  if (context === undefined) return '[]';
  return JSON.stringify(context.type === 'activity' ? [context.workflowId, context.activityId] : [context.workflowId]);
}

/** The project and all metadata, in one order. */
function authenticated(project: Project, metadata: Metadata): Buffer {
  const members = Object.entries(metadata).map(([name, value]) => [name, bytesOf(value).toString('base64')] as const);
  return Buffer.from(JSON.stringify([project.id, ...members.sort(([a], [b]) => (a < b ? -1 : 1))]));
}

/** Protobuf stands for no bytes by nothing, or by an empty list. */
function bytesOf(bytes: Uint8Array | null | undefined): Buffer {
  return Buffer.from(bytes ?? []);
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return bytesOf(bytes).toString();
}
