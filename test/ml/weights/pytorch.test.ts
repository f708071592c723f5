import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { decodePytorch, readPytorch } from '../../../ml/weights/pytorch.js';

/** Made by golden/checkpoints.py with PyTorch. */
const GOLDEN = 'test/ml/weights/golden';
const expected = JSON.parse(readFileSync(join(GOLDEN, 'checkpoints.json'), 'utf8')) as Record<string, { shape: number[]; data: number[] }>;

describe('PyTorch checkpoints', () => {
  for (const file of ['zip.pth', 'legacy.pth', 'wrapped.pth'])
    it(`reads every float tensor of ${file} as PyTorch has it, whatever its strides`, async () => {
      const tensors = await readPytorch(join(GOLDEN, file));
      assert.deepEqual([...tensors.keys()].sort(), Object.keys(expected).sort());
      for (const [name, { shape, data }] of Object.entries(expected)) {
        assert.deepEqual(tensors.get(name)?.shape, shape, name);
        assert.deepEqual([...(tensors.get(name)?.data ?? [])], data, name);
      }
    });

  it('runs nothing of a hostile pickle and says what it asked for', async () => {
    await assert.rejects(readPytorch(join(GOLDEN, 'hostile.pth')), refusal(/asks for "__builtin__\.exec".*nothing of it was run/));
    assert.equal(existsSync('hostile-was-here'), false);
  });

  it('refuses an allowed name that is called with something else', async () => {
    await assert.rejects(readPytorch(join(GOLDEN, 'walk.pth')), refusal(/makes a tensor in a way that is not known/));
  });

  it('refuses a training checkpoint that holds more than tensors, by name', async () => {
    await assert.rejects(readPytorch(join(GOLDEN, 'namespace.pth')), refusal(/"argparse\.Namespace"/));
  });

  it('refuses half precision instead of guessing', async () => {
    await assert.rejects(readPytorch(join(GOLDEN, 'half.pth')), refusal(/"torch\.HalfStorage"/));
  });

  for (const file of ['zip.pth', 'legacy.pth'])
    it(`refuses ${file} wherever it is cut short`, async () => {
      const whole = await readFile(join(GOLDEN, file));
      for (let length = 0; length < whole.length; length += 11)
        assert.throws(() => decodePytorch(whole.subarray(0, length), file), refusal(/./), `${length} bytes`);
    });

  it('never ends in anything but tensors or a refusal, whichever byte is flipped', async () => {
    const whole = await readFile(join(GOLDEN, 'zip.pth'));
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at] = flipped.readUInt8(at) ^ 0xff;
      try {
        decodePytorch(flipped, 'flipped.pth');
      } catch (error) {
        assert.ok(error instanceof Problem, `byte ${at}: ${String(error)}`);
      }
    }
  });

  it('does not let a small file claim a large memory', () => {
    // A tensor [2^40] with stride 0 over one number: protocol 2, as PyTorch would write it.
    const claim = pickled(
      ['}', unicode('weight'), 'ctorch._utils\n_rebuild_tensor_v2\n', '('],
      ['(', unicode('storage'), 'ctorch\nFloatStorage\n', unicode('0'), unicode('cpu'), 'K\x01', 'tQ'],
      ['K\x00', '\x8a\x06\x00\x00\x00\x00\x00\x01', '\x85', 'K\x00', '\x85', '\x89', 'N', 't', 'R', 's', '.'],
    );
    const archive = zipOf({ 'archive/data.pkl': claim, 'archive/data/0': Buffer.alloc(4) });
    assert.throws(() => decodePytorch(archive, 'claim.pth'), refusal(/claim more than the file holds/));
  });

  const GREEDY: Readonly<Record<string, readonly [bytes: () => Buffer, said: RegExp]>> = {
    'a stack of marks': [() => pickled(['('.repeat(100_000), '.']), /stacks more than 50000 values/],
    'a list of Nones that never ends': [() => pickled(['(', 'N'.repeat(100_000), 't.']), /stacks more than/],
    'dictionaries that are let go again': [() => pickled(['}0'.repeat(200_000), '.']), /more than 250000 instructions/],
    'a memo of everything': [
      () => pickled(['N', ...Array.from({ length: 110_000 }, (_, at) => `r${longOf(at)}`), '.']),
      /remembers more than 100000 values/,
    ],
    'a text of megabytes': [() => pickled([`X${longOf(2 << 20)}`, 'a'.repeat(2 << 20), '.']), /a text of 2097152 bytes/],
    'a data.pkl of megabytes': [() => pickled(['N0'.repeat(6 << 20), '.']), /its data\.pkl has 12582915 bytes/],
  };
  for (const [what, [bytes, said]] of Object.entries(GREEDY))
    it(`refuses ${what} before memory is spent on it`, () => {
      assert.throws(() => decodePytorch(zipOf({ 'archive/data.pkl': bytes() }), 'greedy.pth'), refusal(said));
    });

  it('refuses the same in a file of before 1.6, whose pickles lie in the file itself', () => {
    assert.throws(() => decodePytorch(Buffer.from(`\x80\x02\x8a\0${'}'.repeat(8 << 20)}`, 'latin1'), 'greedy.pth'), refusal(/more than/));
  });

  it('makes escape characters in names visible', () => {
    const named = pickled(['}', unicode('\x1b[31mred'), 'K\x01s.']);
    assert.throws(() => decodePytorch(zipOf({ 'archive/data.pkl': named }), 'red.pth'), refusal(/entry \\u\{1b\}\[31mred is not/));
  });

  it("says which protocol a pickle has that is not PyTorch's", () => {
    assert.throws(
      () => decodePytorch(Buffer.from('\x80\x04\x95\0\0\0\0\0\0\0\0}.', 'latin1'), 'four.pth'),
      refusal(/the pickle is of protocol 4; PyTorch's own is 2/),
    );
  });
});

function refusal(message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof Problem && error.code === 'WEIGHTS' && message.test(error.message);
}

function unicode(text: string): string {
  return `X${String.fromCharCode(text.length)}\0\0\0${text}`;
}

/** Four bytes, little-endian. */
function longOf(number: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes.toString('latin1');
}

function pickled(...parts: string[][]): Buffer {
  return Buffer.from(`\x80\x02${parts.flat().join('')}`, 'latin1');
}

/** The smallest archive that holds these files, stored. */
function zipOf(files: Readonly<Record<string, Buffer>>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of Object.entries(files)) {
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(data.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    local.push(header, Buffer.from(name), data);
    central.push(entry, Buffer.from(name));
    offset += header.length + name.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, ...central, end]);
}
