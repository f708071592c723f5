import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Peer } from '../../bench/peers.js';
import { takeTurns, type Contestant } from '../../bench/turns.js';

const Measured = z.object({ value: z.number(), versions: z.record(z.string(), z.string()) });
const prints = (value: number): string =>
  `console.log(JSON.stringify({ value: ${value} + Number(process.argv[1] ?? 0), versions: { it: '1' } }))`;
const node = (code: string, peer: Contestant['peer'] = null): Contestant => ({ peer, words: ['-e', code] });
const HERE = async (): Promise<Peer> => ({ python: process.execPath, why: null });
const ABSENT = async (): Promise<Peer> => ({ python: null, why: 'no network' });

describe('contestants in turn', () => {
  const notes: string[] = [];
  beforeEach(() => void (notes.length = 0));
  const take = (contestants: Readonly<Record<string, Contestant>>, peerOf: () => Promise<Peer>) =>
    takeTurns(contestants, { rounds: 2, schema: Measured, words: ['10'] }, (text) => notes.push(text), peerOf);

  it('each once a round, with the words for all behind its own', async () => {
    const { measured, missing, processes } = await take({ ours: node(prints(1)), theirs: node(prints(2), 'torch') }, HERE);
    assert.deepEqual(notes, ['round 1 of 2: ours', 'round 1 of 2: theirs', 'round 2 of 2: ours', 'round 2 of 2: theirs']);
    assert.deepEqual(
      [...measured].map(([name, rounds]) => [name, rounds.map(({ value }) => value)]),
      [
        ['ours', [11, 11]],
        ['theirs', [12, 12]],
      ],
    );
    assert.deepEqual(missing, {});
    assert.deepEqual(processes.theirs, { versions: { it: '1' }, environment: {} });
  });

  it('go on without a peer that is not there or fails, and say why', async () => {
    const absent = await take({ ours: node(prints(1)), theirs: node(prints(2), 'torch') }, ABSENT);
    assert.deepEqual([[...absent.measured.keys()], absent.missing], [['ours'], { theirs: 'no network' }]);
    const failing = await take({ ours: node(prints(1)), theirs: node(`console.error('broken'); process.exit(1)`, 'torch') }, HERE);
    assert.deepEqual([[...failing.measured.keys()], failing.missing], [['ours'], { theirs: 'failed: broken' }]);
    assert.equal(failing.measured.get('ours')?.length, 2);
  });

  it('fail where one of ours fails', async () => {
    await assert.rejects(take({ ours: node('process.exit(1)') }, HERE));
  });
});
