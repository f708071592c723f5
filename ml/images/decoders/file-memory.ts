/**
 * Memory that files are read into, again and again. Taken anew for each photo and left to the garbage collectors of the threads that it went
 * through, it kept them busy: a tenth of a quick audit's time.
 */

/** Larger files are rare; what they were read into is not kept. */
const LARGEST = 32e6;
/** Files of all but the same size shall find room in what is free. */
const STEP = 1 << 16;

export class FileMemory {
  private readonly free: ArrayBuffer[] = [];

  /** @param most pieces that are kept while they are free */
  constructor(private readonly most: number) {}

  /** So many bytes, alone in a memory that can be handed to another thread. What they hold is left from an earlier file. */
  take(bytes: number): Buffer {
    const fitting = this.free.findIndex(({ byteLength }) => byteLength >= bytes);
    // Where none fits, a larger one takes the place of one.
    const [memory] = this.free.splice(Math.max(0, fitting), 1);
    const used = fitting < 0 || memory === undefined ? new ArrayBuffer(Math.max(1, Math.ceil(bytes / STEP)) * STEP) : memory;
    return Buffer.from(used, 0, bytes);
  }

  giveBack(memory: ArrayBuffer): void {
    if (memory.byteLength <= LARGEST && this.free.length < this.most) this.free.push(memory);
  }
}
