/** Loaded before all else (killers.ts). In a process that decodes photos it does what a photo's name says when that photo is decoded. */
import { closeSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import type { ToDecoder } from '../../../../ml/images/decoders/messages.js';

const HARM = /^harm-(?<harm>\w+)/;

if (process.argv[1]?.endsWith('ml/images/decoders/main.js') === true) {
  const start = process.env.EMO_AEN_TEST_START;
  if (start !== undefined) process.kill(process.pid, start);
  const harms = new Map<number, string>();
  const listen = (message: ToDecoder): void => {
    if ('read' in message) {
      const harm = HARM.exec(basename(message.read))?.groups?.harm;
      if (harm !== undefined) harms.set(message.id, harm);
    } else if ('job' in message) harmBy(harms.get(message.id));
  };
  // Not before the decoder listens itself: a message that nobody else hears would be lost.
  process.on('newListener', (event, listener) => {
    if (event === 'message' && listener !== listen && process.listenerCount('message') === 0) process.on('message', listen);
  });
}

function harmBy(harm: string | undefined): void {
  if (harm === undefined) return;
  if (harm === 'exit') process.exit(7);
  if (harm === 'hang') for (;;);
  if (harm !== 'once') process.kill(process.pid, harm);
  else if (isFirst()) process.kill(process.pid, 'SIGSEGV');
}

function isFirst(): boolean {
  try {
    closeSync(openSync(process.env.EMO_AEN_TEST_ONCE ?? '', 'wx'));
    return true;
  } catch {
    return false;
  }
}
