/**
 * Messages between a process and a program that it started: JSON, one a line. Node's own channel (`fork`) ends the listener at the
 * first byte that is no JSON; here such a line is a failure like any other.
 */
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { z } from 'zod';
import { cut } from '../../configs/cut.js';
import type { Hide } from '../../configs/failure.js';
import { Problem } from '../../configs/problem.js';

/** The file descriptor at which parent and child talk; the parent starts the child with a pipe there. */
export const CHANNEL = 3;

/** Of a line that is no message, so much is quoted. */
const QUOTED_BYTES = 300;

/** A child's end of the channel. */
export function channelToParent(): Socket {
  return new Socket({ fd: CHANNEL, readable: true, writable: true });
}

/** Sends a message; resolves once it is with the system, or nobody listens any more. */
export function say(to: Writable, message: unknown): Promise<void> {
  return new Promise((resolve) => {
    if (!to.writable) resolve();
    else to.write(`${JSON.stringify(message)}\n`, () => resolve());
  });
}

/**
 * Hands each message to `heard`.
 * @param failed told of a line that is no such message, as a Problem CHILD_DIED that quotes it, and of what `heard` throws
 * @param hide of what nobody may see in a quoted line
 */
export function listen<Message>(
  from: Readable,
  schema: z.ZodType<Message>,
  heard: (message: Message) => void,
  failed: (error: unknown) => void,
  hide: Hide = (text) => text,
): void {
  eachLine(from, (line) => {
    try {
      heard(messageIn(schema, line, hide));
    } catch (error) {
      failed(error);
    }
  });
}

/** Calls `take` with each line, and with what follows the last. Only `\n` ends one: JSON's texts may hold all other line ends. */
export function eachLine(from: Readable, take: (line: string) => void): void {
  let parts: string[] = [];
  from.setEncoding('utf8').on('data', (chunk: string) => {
    const [first = '', ...rest] = chunk.split('\n');
    parts.push(first);
    for (const next of rest) {
      take(parts.join(''));
      parts = [next];
    }
  });
  from.on('end', () => {
    const last = parts.join('');
    if (last !== '') take(last);
  });
}

function messageIn<Message>(schema: z.ZodType<Message>, line: string, hide: Hide): Message {
  const parsed = schema.safeParse(parseJson(line));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const why = issue === undefined || issue.path.length === 0 ? '' : ` (${issue.path.map(String).join('.')}: ${issue.message})`;
  throw new Problem({
    code: 'CHILD_DIED',
    message: `the process of the task said what is no message${why}: ${cut(hide(line), QUOTED_BYTES)}`,
    cure: 'nothing: it is tried again; emo-aen doctor checks what the process is made of',
  });
}

/** Undefined for a line that is no JSON, which no message is. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
