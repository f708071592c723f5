/** HDF5 files of tensors, which is what Keras writes. The file is opened in a thread that can be ended: see hdf5-thread.ts. */
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { Problem } from '../../configs/problem.js';
import { visible } from '../images/names.js';
import type { ThreadData, ThreadReply } from './hdf5-thread.js';
import type { Tensor } from './safetensors.js';

/** A file of this network's weights takes a second or two; what takes longer does something else than hold them. */
const LIMIT_MS = 60_000;

export interface Hdf5Options {
  readonly signal: AbortSignal;
  readonly limitMs?: number;
}

/** Whether a file that begins with these bytes is HDF5. */
export function looksLikeHdf5(start: Buffer): boolean {
  return start.subarray(0, 4).toString('latin1') === '\x89HDF';
}

/**
 * The float tensors of a file, as float32, by path (`conv/conv/kernel`) or, where Keras 3 says the layer's name, by that and the variable's
 * number (`conv_bn/0`). Only tensors that lie in the file as they are: no links to elsewhere, no filters, no code.
 * @throws Problem WEIGHTS where the file holds anything else, is damaged, or takes too long; `signal.reason` when aborted.
 */
export async function readHdf5(path: string, { signal, limitMs = LIMIT_MS }: Hdf5Options): Promise<Map<string, Tensor>> {
  const broken = (reason: string, cause?: unknown): Problem =>
    new Problem({
      code: 'WEIGHTS',
      message: `not an HDF5 file of tensors: ${visible(reason)}`,
      where: path,
      cure: "fetch the file again, or save just the weights with Keras: model.save_weights('name.weights.h5')",
      cause,
    });
  const file = new Uint8Array(await readFile(path));
  signal.throwIfAborted();
  const data: ThreadData = { file };
  const thread = new Worker(new URL('./hdf5-thread.js', import.meta.url), {
    workerData: data,
    transferList: [file.buffer],
    // The compiled library prints what it throws as well.
    stdout: true,
    stderr: true,
  });
  const timeout = AbortSignal.timeout(limitMs);
  const ended = AbortSignal.any([signal, timeout]);
  try {
    const reply = await new Promise<ThreadReply>((resolve, reject) => {
      thread.on('message', resolve);
      thread.on('error', (error) => reject(broken(`reading it failed: ${error.message}`, error)));
      thread.on('messageerror', (error) => reject(broken('its answer cannot be read', error)));
      thread.on('exit', (code) => reject(broken(`reading it ended without a result (${code})`)));
      ended.addEventListener('abort', () => {
        reject(timeout.aborted ? broken(`it was not read in ${limitMs / 1000} s`) : signal.reason);
      });
    });
    if ('fault' in reply) throw broken(reply.fault);
    return new Map(reply.tensors);
  } finally {
    await thread.terminate();
  }
}
