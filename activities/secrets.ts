/** What a task may read of its worker's environment: just the variables that the pipeline names, and nowhere shown. */
import { hostname } from 'node:os';
import { cut } from '../configs/cut.js';
import { Problem } from '../configs/problem.js';
import { hiderOf } from './hide.js';

export interface Secrets {
  /** @throws Problem ENVIRONMENT where the worker lacks any of the variables, or one is too short to be hidden. */
  insist(): void;
  /** The value of a variable that the task declares in `env`. @throws Problem CONFIGURATION for any other. */
  secret(name: string): string;
  /** A text with the variable's name, as `<NAME>`, in place of each secret. */
  hide(text: string): string;
  /** A plain value with every secret hidden in its texts. Names of members and numbers stay: a reader relies on them. */
  hidden<Value>(value: Value): Value;
}

/** A shorter value stands in any text by chance: hiding it would spoil every message, and showing it would break the promise. */
const SHORTEST = 4;

/** Keys that the product itself reads. They are hidden from every task's words, declared or not. */
const OF_THE_PRODUCT = ['WANDB_API_KEY', 'TEMPORAL_API_KEY'] as const;

/** The variables `names` for a task; `queue` is its worker's, for messages. */
export function secretsOf(task: string, names: readonly string[], queue: string, env: NodeJS.ProcessEnv = process.env): Secrets {
  const values = new Map(names.map((name) => [name, env[name] ?? '']));
  const hidden = [...new Set([...names, ...OF_THE_PRODUCT])].map((name) => [name, env[name] ?? ''] as const);
  const hide = hiderOf(new Map(hidden.filter(([, value]) => value.trim().length >= SHORTEST)));
  return {
    insist: () => {
      const missing = names.filter((name) => values.get(name) === '');
      if (missing.length > 0) throw withoutEnvironment(task, missing, queue);
      const short = names.filter((name) => (values.get(name) ?? '').trim().length < SHORTEST);
      if (short.length > 0) throw tooShort(task, short);
    },
    secret: (name) => {
      const value = values.get(name);
      if (value !== undefined) return value;
      const message = `${task} asks for ${name}, which the pipeline does not give it`;
      throw new Problem({ code: 'CONFIGURATION', message, where: task, cure: `add ${name} to its \`env\` in the pipeline` });
    },
    hide,
    hidden: (value) => inTexts(value, hide),
  };
}

/** The value with `hide` done to its texts, none of which gets too long by it. */
function inTexts<Value>(value: Value, hide: (text: string) => string): Value {
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') {
      const shown = hide(part);
      return shown === part ? part : cut(shown);
    }
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, member]) => [name, walk(member)]));
  };
  return walk(value) as Value;
}

function withoutEnvironment(task: string, missing: readonly string[], queue: string): Problem {
  return new Problem({
    code: 'ENVIRONMENT',
    message: `${task} needs ${missing.join(', ')} in the environment of its worker, which is not set there`,
    where: `${queue} worker ${process.pid} on ${hostname()}`,
    cure: `emo-aen down, then ${missing.map((name) => `${name}=…`).join(' ')} emo-aen up, then emo-aen retry`,
  });
}

function tooShort(task: string, short: readonly string[]): Problem {
  return new Problem({
    code: 'ENVIRONMENT',
    message: `${short.join(', ')} has fewer than ${SHORTEST} characters: so short a secret cannot be hidden`,
    where: task,
    cure: `set a longer value and restart the workers; if it is no secret, make it a setting and remove it from \`env\``,
  });
}
