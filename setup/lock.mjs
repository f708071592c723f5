/**
 * A lock that cannot be left behind: an abstract Unix socket, which the kernel frees when its last holder ends, however
 * it ends. Whoever waits holds a connection to the holder and tries again when that breaks, so nothing polls. A holder's
 * child that inherits the descriptor keeps the lock: after a kill -9, work that still goes on is not run into.
 */
import { createHash } from 'node:crypto';
import { createServer, connect } from 'node:net';

/**
 * Waits until `name` is free, runs `body` and frees it again.
 * @template T
 * @param {string} name any text; two processes of this machine that use the same one exclude each other
 * @param {(descriptor: number) => Promise<T>} body gets the descriptor to hand to children that must keep the lock
 * @param {() => void} [onWait] called once if somebody else holds it
 * @returns {Promise<T>}
 */
export async function withLock(name, body, onWait) {
  const address = `\0emo-aen-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  let server = await tryToHold(address);
  if (server === null) onWait?.();
  while (server === null) {
    await holderGone(address);
    server = await tryToHold(address);
  }
  try {
    return await body(descriptorOf(server.listener));
  } finally {
    server.release();
  }
}

/** @param {string} address */
async function tryToHold(address) {
  const waiting = new Set();
  const listener = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => waiting.delete(socket));
  });
  const held = await new Promise((resolve, reject) => {
    listener.once('error', (error) => ('code' in error && error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    listener.listen(address, () => resolve(true));
  });
  if (!held) return null;
  listener.unref();
  const release = () => {
    listener.close();
    for (const socket of waiting) socket.destroy();
  };
  return { listener, release };
}

/** Resolves when the connection to the holder breaks, or could not be made. @param {string} address */
function holderGone(address) {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.on('error', () => undefined);
    socket.on('close', resolve);
  });
}

/** @param {import('node:net').Server} listener */
function descriptorOf(listener) {
  // Node has no public name for a listening socket's descriptor.
  const handle = /** @type {{ _handle: { fd: number } }} */ (/** @type {unknown} */ (listener))._handle;
  return handle.fd;
}
