/** Inputs from seeds: the same number gives the same input, on every machine. */

/** Whole numbers below a bound, from a seed (mulberry32 of Tommy Ettinger). */
export class Dice {
  #state: number;

  constructor(seed: number, index: number) {
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(index + 1, 0xc2b2ae35)) | 0;
  }

  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  of<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  }
}

/** Bytes of an input; growth stops here. */
const MOST = 1 << 20;
/** Of what one mutation adds, but for one in a hundred. */
const ADDED = 1 << 12;

/** Lengths and counts that programs trip over. */
const EDGES = [
  0,
  1,
  2,
  3,
  7,
  8,
  15,
  16,
  31,
  32,
  63,
  64,
  127,
  128,
  255,
  256,
  1024,
  4095,
  4096,
  65_535,
  65_536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];
const TEXT_EDGES = [
  '-1',
  '0',
  '1e999',
  '-0',
  '1e15',
  '4294967296',
  '9007199254740993',
  '18446744073709551615',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '__proto__',
  '\u001b[31m',
  '\0',
  '\ud800',
  '💥',
];

interface Given {
  readonly dice: Dice;
  readonly seeds: readonly Buffer[];
  readonly words: readonly string[];
}

type Mutation = (bytes: Buffer, given: Given) => Buffer;

const replaced = (bytes: Buffer, from: number, to: number, by: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]).subarray(0, MOST);

function stretch(bytes: Buffer, dice: Dice, most = bytes.length): [from: number, to: number] {
  const from = dice.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + dice.below(dice.of([2, 5, 17, 65, most + 1])))];
}

/** An edge, or the number of bytes, or one beside it. */
function edge(bytes: Buffer, dice: Dice): number {
  return dice.below(4) === 0 ? Math.max(0, bytes.length + dice.below(3) - 1) : dice.of(EDGES);
}

const MUTATIONS: readonly Mutation[] = [
  function flipsBits(bytes, { dice }) {
    const made = Buffer.from(bytes);
    if (made.length === 0) return made;
    for (let count = 1 + dice.below(4); count > 0; count--) {
      const at = dice.below(made.length);
      made[at] = (made[at] ?? 0) ^ (1 << dice.below(8));
    }
    return made;
  },
  function setsBytes(bytes, { dice }) {
    const made = Buffer.from(bytes);
    if (made.length > 0) made[dice.below(made.length)] = dice.of([0, 1, 0x7f, 0x80, 0xfe, 0xff, dice.below(256)]);
    return made;
  },
  function setsNumbers(bytes, { dice }) {
    const made = Buffer.from(bytes);
    const width = dice.of([2, 4, 8]);
    if (made.length < width) return made;
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(dice.below(8) === 0 ? 2n ** 64n - 1n : BigInt(edge(made, dice)));
    const short = number.subarray(0, width);
    if (dice.below(2) === 0) short.reverse();
    short.copy(made, dice.below(made.length - width + 1));
    return made;
  },
  function addsToNumbers(bytes, { dice }) {
    const made = Buffer.from(bytes);
    if (made.length < 4) return made;
    const at = dice.below(made.length - 3);
    made.writeUInt32LE((made.readUInt32LE(at) + dice.below(64) - 32) >>> 0, at);
    return made;
  },
  function removes(bytes, { dice }) {
    return replaced(bytes, ...stretch(bytes, dice), Buffer.alloc(0));
  },
  function cutsShort(bytes, { dice }) {
    return bytes.subarray(0, dice.below(bytes.length + 1));
  },
  function repeats(bytes, { dice }) {
    const [from, to] = stretch(bytes, dice, 64);
    if (from === to) return bytes;
    const most = dice.below(100) === 0 ? MOST : ADDED;
    const times = 1 + dice.below(Math.max(1, Math.floor(most / (to - from))));
    return replaced(bytes, from, from, Buffer.alloc((to - from) * times, bytes.subarray(from, to)));
  },
  function splices(bytes, { dice, seeds }) {
    const other = dice.of(seeds);
    const [from, to] = stretch(other, dice);
    return replaced(bytes, ...stretch(bytes, dice), other.subarray(from, to));
  },
  function moves(bytes, { dice }) {
    const [from, to] = stretch(bytes, dice);
    const rest = replaced(bytes, from, to, Buffer.alloc(0));
    const at = dice.below(rest.length + 1);
    return replaced(rest, at, at, bytes.subarray(from, to));
  },
  function putsZerosOrNoise(bytes, { dice }) {
    const [from, to] = stretch(bytes, dice);
    const value = dice.of([0, 0xff, -1]);
    return replaced(bytes, from, to, Buffer.from(Array.from({ length: to - from }, () => (value < 0 ? dice.below(256) : value))));
  },
  function putsWords(bytes, { dice, words }) {
    const [from, to] = dice.below(2) === 0 ? stretch(bytes, dice, 8) : [dice.below(bytes.length + 1), 0];
    const word = Buffer.from(
      dice.of(words.length > 0 && dice.below(3) > 0 ? words : TEXT_EDGES),
      dice.below(8) === 0 ? 'utf16le' : 'latin1',
    );
    return replaced(bytes, from, Math.max(from, to), word);
  },
  function replacesNumbersInText(bytes, { dice }) {
    const text = bytes.toString('latin1');
    const numbers = [...text.matchAll(/-?\d+(\.\d+)?/g)];
    if (numbers.length === 0) return bytes;
    const { index, 0: number } = dice.of(numbers);
    const by = dice.below(2) === 0 ? String(edge(bytes, dice)) : dice.of(TEXT_EDGES);
    return replaced(bytes, index, index + number.length, Buffer.from(by));
  },
];

/** Of nothing but words and noise, without a seed. */
function fromNothing({ dice, words }: Given): Buffer {
  const parts = Array.from({ length: 1 + dice.below(40) }, () =>
    dice.below(3) === 0 || words.length === 0
      ? Buffer.from(Array.from({ length: dice.below(9) }, () => dice.below(256)))
      : Buffer.from(dice.of(words), 'latin1'),
  );
  return Buffer.concat(parts);
}

/** The input of a number. */
export function mutated(
  seeds: readonly Buffer[],
  words: readonly string[],
  repair: ((bytes: Buffer) => Buffer) | undefined,
  dice: Dice,
): Buffer {
  const given = { dice, seeds, words };
  let bytes = dice.below(50) === 0 ? fromNothing(given) : dice.of(seeds);
  for (let count = dice.of([1, 1, 1, 2, 2, 3, 5, 9]); count > 0; count--) bytes = dice.of(MUTATIONS)(bytes, given);
  return repair !== undefined && dice.below(2) === 0 ? repair(bytes) : Buffer.from(bytes);
}
