/** Waits for a moment of a training attempt: by what the child says, and by the files that appear where it writes. */
import { watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import type { Progress } from '../../../configs/schema/payload.js';
import type { TrainJob } from '../../../ml/engine/jobs/protocol.js';
import type { Moment, Sign } from './plan.js';

/** A file's name as it appears in the folder of checkpoints or of metrics. */
const WRITTEN: Readonly<Partial<Record<Sign, RegExp>>> = {
  checkpoint: /^epoch-.*\.safetensors\.tmp-/,
  index: /^index\.json\.tmp-/,
  best: /^best\.safetensors\.tmp-/,
  last: /^last\.safetensors\.tmp-/,
  metrics: /^metrics\.jsonl$/,
};

export class Lookout {
  readonly #watchers: readonly FSWatcher[];
  readonly #written = new Set<string>();
  #done = -1;
  #came = false;
  #timer: NodeJS.Timeout | undefined;
  #struck: Promise<boolean> = Promise.resolve(false);

  /** @param strike called once, when the moment has come; false where it came too late */
  constructor(
    job: Pick<TrainJob, 'checkpoints' | 'metrics'>,
    private readonly moment: Moment,
    private readonly strike: () => boolean | Promise<boolean>,
  ) {
    const pattern = WRITTEN[moment.sign];
    const folders = pattern === undefined ? [] : [job.checkpoints, dirname(job.metrics)];
    this.#watchers = folders.map((folder) =>
      watch(folder, (_, name) => {
        if (name !== null && pattern?.test(name) === true) this.#saw(moment.sign, name);
      }),
    );
  }

  started(): void {
    if (this.moment.sign === 'started') this.#come();
  }

  progress({ done, message }: Progress): void {
    if (done === undefined) return;
    this.#done = done;
    this.#saw('step');
    if (message.includes('validating')) this.#saw('validation');
  }

  /** Waits no longer. @returns whether it struck, and in time. @throws what the strike threw */
  async close(): Promise<boolean> {
    for (const watcher of this.#watchers) watcher.close();
    clearTimeout(this.#timer);
    return this.#struck;
  }

  /** @param file that appeared. A temporary name is told a second time when it becomes the file's own: that is the write's end. */
  #saw(sign: Sign, file?: string): void {
    const ends = file !== undefined && file.includes('.tmp-') && this.#written.has(file);
    if (file !== undefined) this.#written.add(file);
    if (!ends && sign === this.moment.sign && this.#done >= this.moment.step) this.#come();
  }

  #come(): void {
    if (this.#came) return;
    this.#came = true;
    const strike = (): void => {
      this.#struck = Promise.resolve(this.strike());
      this.#struck.catch(() => undefined); // told by close()
    };
    // Without a delay at once and not in the event loop's next turn: a write does not wait.
    if (this.moment.delayMs === 0) strike();
    else this.#timer = setTimeout(strike, this.moment.delayMs);
  }
}
