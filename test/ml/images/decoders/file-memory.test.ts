import assert from 'node:assert/strict';
import { FileMemory } from '../../../../ml/images/decoders/file-memory.js';

describe('memory that files are read into', () => {
  const memoryOf = ({ buffer }: Buffer): ArrayBuffer => buffer as ArrayBuffer;

  it('is used again where a file finds room in it', () => {
    const files = new FileMemory(2);
    const first = files.take(100_000);
    assert.equal(first.length, 100_000);
    const other = files.take(10);
    assert.notEqual(memoryOf(other), memoryOf(first));
    files.giveBack(memoryOf(first));
    assert.equal(memoryOf(files.take(120_000)), memoryOf(first));
  });

  it('makes way for a larger one', () => {
    const files = new FileMemory(1);
    const small = files.take(0);
    files.giveBack(memoryOf(small));
    const large = files.take(1_000_000);
    assert.equal(large.length, 1_000_000);
    files.giveBack(memoryOf(large));
    assert.equal(memoryOf(files.take(5)), memoryOf(large));
  });

  it('is not kept beyond so many pieces, nor where it is large', () => {
    const files = new FileMemory(1);
    const [kept, second, large] = [files.take(1), files.take(1), files.take(40_000_000)];
    files.giveBack(memoryOf(large));
    files.giveBack(memoryOf(kept));
    files.giveBack(memoryOf(second));
    assert.equal(memoryOf(files.take(1)), memoryOf(kept));
    assert.notEqual(memoryOf(files.take(1)), memoryOf(second));
  });
});
