/** Pixels as they come from a process, one photo's behind the other's. */
import type { Readable } from 'node:stream';

interface Taker {
  readonly bytes: number;
  readonly take: (pixels: Buffer) => void;
}

export class Pixels {
  readonly #takers: Taker[] = [];

  constructor(private readonly stream: Readable) {
    stream.on('readable', () => this.#give());
  }

  /** Gives the next so many bytes to `take`; nothing where the stream ends before. Calls must come in the order of what was written. */
  take(bytes: number, take: Taker['take']): void {
    this.#takers.push({ bytes, take });
    this.#give();
  }

  #give(): void {
    for (let [first] = this.#takers; first !== undefined; [first] = this.#takers) {
      const pixels = this.stream.read(first.bytes) as Buffer | null;
      // At its end a stream gives what is left.
      if (pixels?.length !== first.bytes) return;
      this.#takers.shift();
      first.take(pixels);
    }
  }
}
