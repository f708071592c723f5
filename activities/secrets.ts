/** What a task may read of its worker's environment: just the variables that the pipeline names, and nowhere shown. */
import { hostname } from 'node:os';
import { Problem } from '../configs/problem.js';

export interface Secrets {
  /** @throws Problem ENVIRONMENT where the worker lacks any of the variables. */
  insist(): void;
  /** The value of a variable that the task declares in `env`. @throws Problem CONFIGURATION for any other. */
  secret(name: string): string;
  /** A JSON value with every secret in its texts replaced by its name. */
  hidden<Value>(value: Value): Value;
  /** Does the same to the texts of an error and its causes, and gives it back. */
  hiddenIn(error: unknown): unknown;
}

/** Shorter values would be found in any text. */
const SHORTEST = 4;

/** The variables `names` for a task; `queue` is its worker's, for messages. */
export function secretsOf(task: string, names: readonly string[], queue: string, env: NodeJS.ProcessEnv = process.env): Secrets {
  const values = new Map(names.map((name) => [name, env[name] ?? '']));
  const shown = [...values].filter(([, value]) => value.length >= SHORTEST);
  const hide = (text: string, form = (value: string) => value): string =>
    shown.reduce((hiding, [name, value]) => hiding.replaceAll(form(value), `<${name}>`), text);
  return {
    insist: () => {
      const missing = names.filter((name) => values.get(name) === '');
      if (missing.length > 0) throw withoutEnvironment(task, missing, queue);
    },
    secret: (name) => {
      const value = values.get(name);
      if (value !== undefined) return value;
      const message = `${task} asks for ${name}, which the pipeline does not give it`;
      throw new Problem({ code: 'CONFIGURATION', message, where: task, cure: `add ${name} to its \`env\` in the pipeline` });
    },
    hidden: <Value>(value: Value): Value => (shown.length === 0 ? value : (JSON.parse(hide(JSON.stringify(value), inJson)) as Value)),
    hiddenIn: (error) => {
      for (let each = shown.length === 0 ? null : error; each instanceof Error; each = each.cause) {
        const texts = Object.entries(Object.getOwnPropertyDescriptors(each)).filter(([, { value }]) => typeof value === 'string');
        for (const [name, property] of texts) Object.defineProperty(each, name, { ...property, value: hide(String(property.value)) });
      }
      return error;
    },
  };
}

function withoutEnvironment(task: string, missing: readonly string[], queue: string): Problem {
  return new Problem({
    code: 'ENVIRONMENT',
    message: `${task} needs ${missing.join(', ')} in the environment of its worker, which is not set there`,
    where: `${queue} worker ${process.pid} on ${hostname()}`,
    cure: `emo-aen down, then ${missing.map((name) => `${name}=…`).join(' ')} emo-aen up, then emo-aen retry`,
  });
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
