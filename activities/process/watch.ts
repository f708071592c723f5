/** The thread that ends a task's process, and all that came of it, once its worker is gone. */
import { Socket } from 'node:net';
import { endDescendants, MARK } from '../../ml/processes/descendants.js';
import { LIFELINE } from './messages.js';

const end = (): void => {
  endDescendants(process.pid, process.env[MARK] ?? '');
  process.kill(process.pid, 'SIGKILL');
};

new Socket({ fd: LIFELINE, readable: true, writable: false }).on('error', end).on('close', end).resume();
