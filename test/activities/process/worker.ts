/** Stands for a worker that is killed: `worker.js ROOT BODY` carries out an own activity and says when it tells its progress. */
import { ownInRoot } from './own.js';

const [, , root = '', body = ''] = process.argv;
await ownInRoot(root).perform(body, { progress: ({ message }) => void process.stdout.write(`${message}\n`) });
