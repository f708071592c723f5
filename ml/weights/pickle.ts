/**
 * A reader of Python pickles that builds plain values and nothing else. A pickle is a program for a small stack machine; two
 * of its instructions name and call anything that Python can import. Here a name must be in the caller's table, a call runs the
 * caller's own function, and an instruction that PyTorch does not write is refused: no code of a file ever runs.
 * Instructions: CPython, Lib/pickletools.py, those of protocol 2.
 */

/** Dictionaries become maps, tuples and lists arrays, integers beyond 2^53 bigints. */
export type Pickled = null | boolean | number | bigint | string | Pickled[] | Map<Pickled, Pickled> | Named | Opaque;

/** A Python name from the caller's table, `module.name`, and what a call of it gives (null: it cannot be called). */
export class Named {
  constructor(
    readonly name: string,
    readonly call: ((args: readonly Pickled[]) => Pickled) | null,
  ) {}
}

/** Something of the caller's: a storage, a tensor. */
export abstract class Opaque {}

export interface PickleRules {
  readonly names: ReadonlyMap<string, Named>;
  /** What a persistent id (PyTorch: a storage) stands for. */
  readonly persistent: (id: Pickled) => Pickled;
}

const MARK = Symbol('mark');
type Slot = Pickled | typeof MARK;

/**
 * What a file may make of the memory: an instruction of one byte makes up to 300. The state dict of these networks takes 8,000 instructions, one
 * with an optimiser's state three times as many.
 */
const MOST = { instructions: 250_000, stack: 50_000, memo: 100_000, text: 1 << 20, integer: 32 };

interface Machine {
  readonly rules: PickleRules;
  readonly bytes: Buffer;
  at: number;
  readonly stack: Slot[];
  readonly memo: Map<number, Pickled>;
}

/**
 * Reads the pickle that begins at `start`; `end` is the offset behind it.
 * @throws Error, in words, for whatever is not allowed, damaged or more than tensors need; RangeError where the pickle is cut short.
 */
export function unpickle(bytes: Buffer, start: number, rules: PickleRules): { value: Pickled; end: number } {
  const machine: Machine = { rules, bytes, at: start, stack: [], memo: new Map() };
  for (let instructions = 0; ; instructions++) {
    if (instructions >= MOST.instructions)
      throw new Error(`the pickle has more than ${MOST.instructions} instructions, far more than tensors need`);
    if (machine.stack.length > MOST.stack) throw new Error(`the pickle stacks more than ${MOST.stack} values, far more than tensors need`);
    const code = bytes.readUInt8(machine.at++);
    if (code === STOP) return { value: pop(machine), end: machine.at };
    const instruction = INSTRUCTIONS[code];
    if (instruction === undefined)
      throw new Error(
        `the pickle's instruction 0x${code.toString(16).padStart(2, '0')} at byte ${machine.at - 1} is not one that tensors need`,
      );
    instruction(machine);
  }
}

const STOP = 0x2e;

const INSTRUCTIONS: Readonly<Record<number, (machine: Machine) => void>> = {
  0x80: protocol,
  0x28: (machine) => machine.stack.push(MARK),
  0x30: (machine) => void pop(machine),
  // Constants.
  0x4e: (machine) => machine.stack.push(null),
  0x88: (machine) => machine.stack.push(true),
  0x89: (machine) => machine.stack.push(false),
  0x4a: (machine) => machine.stack.push(machine.bytes.readInt32LE(skip(machine, 4))),
  0x4b: (machine) => machine.stack.push(machine.bytes.readUInt8(skip(machine, 1))),
  0x4d: (machine) => machine.stack.push(machine.bytes.readUInt16LE(skip(machine, 2))),
  0x8a: (machine) => machine.stack.push(longInteger(take(machine, machine.bytes.readUInt8(skip(machine, 1))))),
  0x47: (machine) => machine.stack.push(machine.bytes.readDoubleBE(skip(machine, 8))),
  0x58: (machine) => machine.stack.push(words(take(machine, machine.bytes.readUInt32LE(skip(machine, 4))))),
  // Containers.
  0x7d: (machine) => machine.stack.push(new Map()),
  0x5d: (machine) => machine.stack.push([]),
  0x29: (machine) => machine.stack.push([]),
  0x85: (machine) => machine.stack.push(popMany(machine, 1)),
  0x86: (machine) => machine.stack.push(popMany(machine, 2)),
  0x87: (machine) => machine.stack.push(popMany(machine, 3)),
  0x74: (machine) => machine.stack.push(popToMark(machine)),
  0x61: (machine) => append(machine, popMany(machine, 1)),
  0x65: (machine) => append(machine, popToMark(machine)),
  0x73: (machine) => setItems(machine, popMany(machine, 2)),
  0x75: (machine) => setItems(machine, popToMark(machine)),
  // The memo.
  0x71: (machine) => memoize(machine, machine.bytes.readUInt8(skip(machine, 1))),
  0x72: (machine) => memoize(machine, machine.bytes.readUInt32LE(skip(machine, 4))),
  0x68: (machine) => recall(machine, machine.bytes.readUInt8(skip(machine, 1))),
  0x6a: (machine) => recall(machine, machine.bytes.readUInt32LE(skip(machine, 4))),
  // What would run code in Python.
  0x63: name,
  0x52: call,
  0x62: build,
  0x51: (machine) => machine.stack.push(machine.rules.persistent(pop(machine))),
};

function protocol(machine: Machine): void {
  const version = machine.bytes.readUInt8(skip(machine, 1));
  if (version !== 2) throw new Error(`the pickle is of protocol ${version}; PyTorch's own is 2`);
}

function name(machine: Machine): void {
  const full = `${line(machine)}.${line(machine)}`;
  const named = machine.rules.names.get(full);
  if (named === undefined) throw new Error(`it asks for ${JSON.stringify(full)}, which is not a tensor: nothing of it was run`);
  machine.stack.push(named);
}

function call(machine: Machine): void {
  const args = pop(machine);
  const callee = pop(machine);
  if (!(callee instanceof Named) || callee.call === null || !Array.isArray(args)) throw new Error('it calls what cannot be called');
  machine.stack.push(callee.call(args));
}

/** Attributes of a state dict (`_metadata`: versions of modules) are let go; nothing else has any. */
function build(machine: Machine): void {
  pop(machine);
  if (!(peek(machine) instanceof Map)) throw new Error('it sets attributes of what is not a state dict');
}

function append(machine: Machine, values: readonly Pickled[]): void {
  const list = peek(machine);
  if (!Array.isArray(list)) throw new Error('it appends to what is not a list');
  for (const value of values) list.push(value);
}

function setItems(machine: Machine, values: readonly Pickled[]): void {
  const map = peek(machine);
  if (!(map instanceof Map) || values.length % 2 !== 0) throw new Error('it sets items of what is not a dictionary');
  for (let index = 0; index < values.length; index += 2) map.set(values[index] as Pickled, values[index + 1] as Pickled);
}

function memoize(machine: Machine, index: number): void {
  if (machine.memo.size >= MOST.memo) throw new Error(`the pickle remembers more than ${MOST.memo} values, far more than tensors need`);
  machine.memo.set(index, peek(machine));
}

function recall(machine: Machine, index: number): void {
  const value = machine.memo.get(index);
  if (value === undefined) throw new Error(`it recalls memo ${index}, which it never set`);
  machine.stack.push(value);
}

function pop(machine: Machine): Pickled {
  const slot = machine.stack.pop();
  if (slot === undefined || slot === MARK) throw new Error('its stack runs empty');
  return slot;
}

function peek(machine: Machine): Pickled {
  const slot = machine.stack.at(-1);
  if (slot === undefined || slot === MARK) throw new Error('its stack runs empty');
  return slot;
}

function popMany(machine: Machine, count: number): Pickled[] {
  return Array.from({ length: count }, () => pop(machine)).reverse();
}

function popToMark(machine: Machine): Pickled[] {
  const mark = machine.stack.lastIndexOf(MARK);
  if (mark < 0) throw new Error('its stack has no mark');
  const values = machine.stack.splice(mark + 1) as Pickled[];
  machine.stack.pop();
  return values;
}

/** Moves on by `count` bytes and returns where they began; reading there throws RangeError at the end of the file. */
function skip(machine: Machine, count: number): number {
  const start = machine.at;
  machine.at += count;
  return start;
}

function take(machine: Machine, count: number): Buffer {
  const start = skip(machine, count);
  if (machine.at > machine.bytes.length) throw new RangeError('cut short');
  return machine.bytes.subarray(start, machine.at);
}

function line(machine: Machine): string {
  const end = machine.bytes.indexOf(0x0a, machine.at);
  if (end < 0) throw new RangeError('cut short');
  const text = words(machine.bytes.subarray(machine.at, end));
  machine.at = end + 1;
  return text;
}

function words(bytes: Buffer): string {
  if (bytes.length > MOST.text) throw new Error(`the pickle holds a text of ${bytes.length} bytes, far longer than a name`);
  return bytes.toString('utf8');
}

/** Two's complement, little-endian. */
function longInteger(bytes: Buffer): number | bigint {
  if (bytes.length > MOST.integer) throw new Error(`the pickle holds a whole number of ${bytes.length} bytes, far more than tensors need`);
  const unsigned = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const value = BigInt.asIntN(8 * bytes.length, unsigned);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
