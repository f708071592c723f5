/** Hashes that are the same, brought together so that each is compared once (10,000 black photos are one hash). */
export interface SameHashes {
  /** Two words for each different hash. */
  readonly hashes: Int32Array;
  /** Numbers of the hashes that are the same, for each different one, in their order. */
  members(different: number): Uint32Array;
}

const NONE = 0xffffffff;

/** @param hashes two words each. */
export function sameHashes(hashes: Int32Array): SameHashes {
  const count = hashes.length / 2;
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * count + 1))).fill(NONE);
  const differentOf = new Uint32Array(count);
  const firsts = new Uint32Array(count);
  let different = 0;
  for (let hash = 0; hash < count; hash++) {
    const high = hashes[2 * hash] as number;
    const low = hashes[2 * hash + 1] as number;
    let slot = mixed(high, low) & (slots.length - 1);
    for (let found = slots[slot] as number; found !== NONE; found = slots[slot] as number) {
      const first = 2 * (firsts[found] as number);
      if (hashes[first] === high && hashes[first + 1] === low) break;
      slot = (slot + 1) & (slots.length - 1);
    }
    if (slots[slot] === NONE) {
      slots[slot] = different;
      firsts[different++] = hash;
    }
    differentOf[hash] = slots[slot] as number;
  }
  const words = new Int32Array(2 * different);
  for (let number = 0; number < different; number++) {
    words[2 * number] = hashes[2 * (firsts[number] as number)] as number;
    words[2 * number + 1] = hashes[2 * (firsts[number] as number) + 1] as number;
  }
  return { hashes: words, members: membersOf(differentOf, different) };
}

function membersOf(differentOf: Uint32Array, different: number): SameHashes['members'] {
  const starts = new Uint32Array(different + 2);
  for (const number of differentOf) (starts[number + 2] as number)++;
  for (let at = 1; at < starts.length; at++) (starts[at] as number) += starts[at - 1] as number;
  const order = new Uint32Array(differentOf.length);
  differentOf.forEach((number, hash) => (order[(starts[number + 1] as number)++] = hash));
  return (number) => order.subarray(starts[number], starts[number + 1]);
}

/** Spreads hashes that differ in few bits (the finaliser of MurmurHash3). */
function mixed(high: number, low: number): number {
  let word = high ^ Math.imul(low, 0x9e3779b1);
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
