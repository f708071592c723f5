/** How much of a photo's time the operators take that stayed in float, as the runtime's own profile has it. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { encodeModel, type OnnxModel } from '../messages.js';
import type { PhotoSource } from '../photos.js';
import { withSession } from '../session.js';
import { batchesFor, photoInput, photoTensor } from './feeds.js';

export interface FloatTime {
  readonly op: string;
  /** In [0, 1], of the time of all operators. */
  readonly share: number;
}

const RUNS = 5;
const Event = z.object({
  cat: z.string(),
  dur: z.number(),
  args: z.object({ op_name: z.string().optional(), output_type_shape: z.array(z.record(z.string(), z.unknown())).optional() }).optional(),
});

/** By operator, the largest share first; what changes between floats and integers counts as integer. */
export async function floatTime(model: OnnxModel, source: PhotoSource): Promise<readonly FloatTime[]> {
  const input = photoInput(model);
  const [batch] = batchesFor(input, source, 1);
  const folder = await mkdtemp(join(tmpdir(), 'emo-aen-profile-'));
  try {
    await withSession(encodeModel(model), { threads: 1, profile: join(folder, 'profile') }, async (session) => {
      const feeds = { [input.name]: photoTensor(input, source, batch?.photos ?? []) };
      for (let run = 0; run < RUNS; run++) await session.run(feeds);
    });
    const [file = ''] = await readdir(folder);
    return sharesOf(z.array(z.unknown()).parse(JSON.parse(await readFile(join(folder, file), 'utf8'))));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function sharesOf(events: readonly unknown[]): FloatTime[] {
  const times = new Map<string, number>();
  let all = 0;
  for (const event of events) {
    const { data } = Event.safeParse(event);
    const op = data?.args?.op_name;
    if (data?.cat !== 'Node' || op === undefined) continue;
    all += data.dur;
    const inFloat = (data.args?.output_type_shape ?? []).some((type) => 'float' in type);
    if (inFloat && op !== 'DequantizeLinear' && !/^(QLinear|QGemm)/.test(op)) times.set(op, (times.get(op) ?? 0) + data.dur);
  }
  return [...times].map(([op, time]) => ({ op, share: time / all })).sort((a, b) => b.share - a.share);
}
