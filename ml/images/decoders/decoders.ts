/**
 * Processes that decode photos. Decoders are native code that reads what anybody wrote: a crash costs one of these processes, which is
 * started again, and not the worker or the command that needs the photo.
 *
 * When a process ends, the photos that it had are tried again one by one, apart from the others. A photo that ends a process which
 * had no other before is named. A process that something else ended (a person, a lack of memory) costs time and blames no photo.
 */
import { Budget } from './budget.js';
import { PROCESSES } from './at-once.js';
import { cannotDecode, DecoderCrash, DecoderGone } from './crash.js';
import { DecoderProcess, type ProcessOptions, type Read } from './decoder-process.js';

/** Bytes that decoders take, all processes together. */
const DECODING = 800e6;
/** Of decoding, on a machine with much else to do: AVIF, the slowest, takes a second for 10 megapixels on an idle one. */
const [LEAST_MS, MS_PER_MEGAPIXEL] = [60_000, 5_000];

export interface DecodersOptions extends Partial<ProcessOptions> {
  readonly most?: number;
  /** Ends the processes at once; who still waits for a photo is told the reason. */
  readonly signal?: AbortSignal | undefined;
}

export class Decoders {
  readonly #options: ProcessOptions;
  readonly #most: number;
  /** That photos are shared among. */
  readonly #shared = new Set<DecoderProcess>();
  readonly #all = new Set<DecoderProcess>();
  /** Has one photo at a time, each of which was there when another process ended. */
  #apart: DecoderProcess | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #closed: Error | null = null;

  constructor({ most = PROCESSES, memory = new Budget(DECODING), patience = patienceFor }: DecodersOptions = {}) {
    this.#most = most;
    this.#options = { memory, patience };
  }

  /** Process ids of those that run. */
  get pids(): number[] {
    return [...this.#all].flatMap(({ pid, gone }) => (gone ? [] : (pid ?? [])));
  }

  /**
   * Lends a process for one photo. `use` is called again where the process ends meanwhile.
   * @param where the photo is, for a person
   * @throws DecoderCrash, a Problem PHOTO, for a photo that ends two processes; Problem ENVIRONMENT where no photo can be decoded; what `use` throws
   */
  async photo<Result>(where: string, use: (read: Read) => Promise<Result>): Promise<Result> {
    this.#insistOnOpen();
    try {
      return await this.#leastBusy().lend(use);
    } catch (error) {
      if (!(error instanceof DecoderGone)) throw error;
    }
    const turn = this.#turn.then(() => this.#tryAlone(where, use));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Ends all processes. Who still waits for a photo is told the reason. */
  async close(reason = new Error('decoding was stopped')): Promise<void> {
    this.#closed ??= reason;
    await Promise.all([...this.#all].map((process) => process.close()));
  }

  /** @throws DecoderCrash for a photo that ends a process which never had another */
  async #tryAlone<Result>(where: string, use: (read: Read) => Promise<Result>): Promise<Result> {
    for (;;) {
      this.#insistOnOpen();
      const fresh = this.#apart === null || this.#apart.gone;
      const process = fresh ? this.#start() : (this.#apart as DecoderProcess);
      this.#apart = process;
      try {
        return await process.lend(use);
      } catch (error) {
        this.#insistOnOpen();
        if (!(error instanceof DecoderGone)) throw error;
        if (fresh) throw error.ready ? new DecoderCrash(error, where) : cannotDecode(error);
      }
    }
  }

  /** One that has no photo; else a new one as long as there may be more; else that with the fewest. */
  #leastBusy(): DecoderProcess {
    const [least] = [...this.#shared].filter(({ gone }) => !gone).sort((a, b) => a.photos - b.photos);
    if (least !== undefined && (least.photos === 0 || !this.#mayStart())) return least;
    const started = this.#start();
    this.#shared.add(started);
    return started;
  }

  /**
   * Starting one takes as much as decoding five photos of 12 megapixels. Few photos all go to the first process before that is ready: its
   * threads keep several cores busy.
   */
  #mayStart(): boolean {
    const running = [...this.#shared].filter(({ gone }) => !gone);
    return running.length < this.#most && running.every(({ ready }) => ready);
  }

  #start(): DecoderProcess {
    const process = new DecoderProcess(this.#options);
    this.#all.add(process);
    return process;
  }

  #insistOnOpen(): void {
    if (this.#closed !== null) throw this.#closed;
  }
}

function patienceFor(pixels: number): number {
  return LEAST_MS + (pixels / 1e6) * MS_PER_MEGAPIXEL;
}

/** Lends decoders that are ended afterwards, whatever happens. */
export async function withDecoders<Result>(use: (decoders: Decoders) => Promise<Result>, options: DecodersOptions = {}): Promise<Result> {
  const { signal } = options;
  signal?.throwIfAborted();
  const decoders = new Decoders(options);
  const stop = (): void => void decoders.close(signal?.reason as Error);
  signal?.addEventListener('abort', stop);
  try {
    return await use(decoders);
  } finally {
    signal?.removeEventListener('abort', stop);
    await decoders.close();
  }
}
