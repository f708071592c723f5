/** Every row of a metrics file, whatever its kind: the archive must hold them all. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Problem } from '../../configs/problem.js';

export type MetricsRow = Readonly<Record<string, unknown>>;
const Row = z.record(z.string(), z.unknown());

/** @throws Problem ARTIFACT_ALTERED naming the line that is no JSON object; the system's error where there is no file. */
export async function readMetricsRows(path: string): Promise<MetricsRow[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => {
    const parsed = Row.safeParse(jsonOf(line));
    if (parsed.success) return parsed.data;
    throw new Problem({
      code: 'ARTIFACT_ALTERED',
      message: 'this line is no JSON object',
      where: `${path}:${index + 1}:1`,
      cure: 'train again: emo-aen retry with the task train',
    });
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
