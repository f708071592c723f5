/** `model.weights.source`: a path, a URL without credentials, or the environment variable that holds either. */
import { z } from 'zod';
import { credentialIn, isUrl } from '../url.js';

const VARIABLE = /^env:(.*)$/s;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const WeightsSource = z
  .string()
  .min(1)
  .check(({ value, issues }) => {
    const message = faultOf(value);
    if (message !== null) issues.push({ code: 'custom', message, input: value });
  });

/** The variable that a source names; null for a path or a URL. */
export function variableOf(source: string): string | null {
  return VARIABLE.exec(source)?.[1] ?? null;
}

function faultOf(source: string): string | null {
  const variable = variableOf(source);
  if (variable !== null) {
    return NAME.test(variable) ? null : '`model.weights.source` must name one environment variable, as in `env:WEIGHTS_URL`';
  }
  const credential = credentialIn(source);
  if (credential !== null) {
    return (
      `\`model.weights.source\` holds ${credential}, and settings stand in every record of a run: put the URL into an environment ` +
      'variable of the workers, set `source: env:WEIGHTS_URL`, and give the task `env: [WEIGHTS_URL]`'
    );
  }
  if (/^[a-z][\w+.-]+:\/\//i.test(source) && !isUrl(source)) {
    return '`model.weights.source` must be a path, a URL with http or https, or `env:NAME`';
  }
  return null;
}
