/** The thread that looks at photos: decoding waits in native threads, but hashes, checks and the calls into the decoder take JavaScript's time. */
import { parentPort, workerData } from 'node:worker_threads';
import { recordOf, type FailureRecord } from '../../configs/failure.js';
import { lookAt, type Looked, type LookOptions } from './look.js';

export type ThreadData = Pick<LookOptions, 'mode' | 'limits'>;

/** A photo to look at, or leave to begin with the decoding that was asked for. */
export type ToThread = { readonly id: number; readonly bytes: Uint8Array } | { readonly id: number; readonly enter: true };

/** `needs`: the bytes that decoding photo `id` takes; it waits for `enter`. `memory`: what its bytes lay in. */
export type FromThread = { readonly id: number } & (
  { readonly needs: number } | (({ readonly looked: Looked } | { readonly failure: FailureRecord }) & { readonly memory: ArrayBuffer })
);

if (parentPort !== null) serve(parentPort, workerData as ThreadData);

function serve(port: NonNullable<typeof parentPort>, data: ThreadData): void {
  const waiting = new Map<number, () => void>();
  const reply = (message: FromThread, buffers: ArrayBuffer[] = []): void => port.postMessage(message, buffers);
  const look = async (id: number, bytes: Uint8Array): Promise<void> => {
    const inRoom: LookOptions['inRoom'] = async (needs, work) => {
      await new Promise<void>((enter) => {
        waiting.set(id, enter);
        reply({ id, needs });
      });
      return work();
    };
    const memory = bytes.buffer as ArrayBuffer;
    try {
      const { content, square } = await lookAt(Buffer.from(memory, bytes.byteOffset, bytes.byteLength), { ...data, inRoom });
      // The decoder's memory cannot leave its thread; a copy can.
      const copy = square === null ? null : Uint8Array.from(square);
      reply({ id, memory, looked: { content, square: copy as Buffer | null } }, copy === null ? [memory] : [memory, copy.buffer]);
    } catch (error) {
      reply({ id, memory, failure: recordOf(error) }, [memory]);
    }
  };
  port.on('message', (message: ToThread) => {
    if ('bytes' in message) void look(message.id, message.bytes);
    else {
      waiting.get(message.id)?.();
      waiting.delete(message.id);
    }
  });
}
