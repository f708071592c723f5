/** Every writer of the product on a file system that fails at any call, and on one that forgets what was not fsynced: the old state or the new one, whole. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { isFinished, makeAside, MARK } from '#setup/finished.mjs';
import { appendEvent, readEvents } from '../../../activities/events.js';
import { LedgerFiles } from '../../../activities/ledger-files.js';
import type { Ledger } from '../../../configs/schema/ledger.js';
import { currentVersion } from '../../../ml/bundle/switch.js';
import { manifestOfVersion, verifyVersion } from '../../../ml/bundle/versions.js';
import { enterInChangelog } from '../../../ml/changelog/enter.js';
import { findEntry } from '../../../ml/changelog/file.js';
import { CheckpointFiles, checkpointName } from '../../../ml/engine/checkpoint-files.js';
import { MetricsLog, readRows as readMetrics } from '../../../ml/engine/metrics-log.js';
import { hashFile, writeJsonAtomically } from '../../../ml/files/atomic.js';
import { readRecord } from '../../../ml/files/record.js';
import { packPhotos, type PackOptions } from '../../../ml/images/pack.js';
import { Segment, tileBytes, Tiles } from '../../../ml/images/tiles.js';
import { lookForLedger } from '../../../workers/candidates.js';
import { choosePorts, lastPorts } from '../../../workers/server/ports.js';
import { publish } from '../bundle/made-bundle.js';
import { cutPowerEverywhere, failEverywhere } from './faulty-files.js';

interface Writer {
  /** Makes the old state in an empty folder. */
  readonly before: (folder: string) => Promise<unknown>;
  readonly write: (folder: string) => Promise<unknown>;
  /** What a reader finds: `old`, `new`, or anything else, which is a fault. */
  readonly read: (folder: string) => Promise<string>;
  /** Whether what `write` made lasts through a power cut as soon as it has ended. */
  readonly lasts: boolean;
}

const ledger = (state: Ledger['state']): Ledger => ({
  version: 1,
  run: 'r',
  pipeline: 'p',
  file: 'configs/p.yaml',
  planHash: 'x',
  until: null,
  state,
  number: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: null,
  tasks: [],
  events: [],
});
const writeLedger = (folder: string, state: Ledger['state']): Promise<void> =>
  new LedgerFiles(folder, assert.fail).write({ execution: 'e', revision: 1, ledger: ledger(state) });

const Old = z.object({ state: z.enum(['old', 'new']), filling: z.string() });
const writeState = (folder: string, state: string): Promise<void> =>
  writeJsonAtomically(join(folder, 'below', 'record.json'), { state, filling: 'x'.repeat(20_000) });

const changelogIn = (root: string) => ({ root, path: join(root, 'docs', 'changelog.md'), file: 'docs/changelog.md' });

const checkpoint = (epoch: number) => ({
  file: checkpointName(epoch, 0),
  kinds: ['periodic' as const],
  best: null,
  tensors: new Map([['w', { shape: [3], data: Float32Array.from([epoch, 1, 2]) }]]),
  metadata: {},
});
async function writeCheckpoint(folder: string, epoch: number): Promise<void> {
  const { files } = await CheckpointFiles.open(join(folder, 'checkpoints'), 'key', 3);
  await files.write(checkpoint(epoch));
}

async function writeRows(folder: string, epoch: number): Promise<void> {
  const log = await MetricsLog.open(join(folder, 'metrics.jsonl'), { epoch, step: epoch - 1 });
  const numbers = { loss: 0, accuracy: 1, lr: 0, gradNorm: 0, imagesPerSecond: 1, dataWaitShare: 0, memoryMb: 1 };
  try {
    await log.append({ kind: 'epoch', epoch, step: epoch, ...numbers, valLoss: 0, valAccuracy: 1, seconds: 1 });
  } finally {
    await log.close();
  }
}

const SIDE = 8;
const squareOf = (photo: string): Buffer => Buffer.alloc(tileBytes(SIDE), photo);
async function writeSquares(folder: string, ...photos: string[]): Promise<void> {
  const segment = await Segment.create(folder, SIDE);
  try {
    for (const photo of photos) await segment.append(photo, squareOf(photo));
    await segment.save();
  } finally {
    await segment.close();
  }
}

/** No photo is decoded for it: all squares are there. */
const packOf = (folder: string, ...photos: string[]): PackOptions => ({
  root: folder,
  folder,
  size: SIDE,
  dataset: {
    version: 2,
    hash: 'h',
    root: 'photos',
    synthetic: false,
    pairing: 'by-name',
    limit: 1,
    weights: {},
    photos: photos.map((sha256) => ({
      file: `${sha256}.jpg`,
      folder: 'f',
      label: 'good',
      split: 'train',
      sha256,
      width: SIDE,
      height: SIDE,
      score: null,
    })),
  },
});

/** What a library of set-up's holds here. */
const MACHINE_CODE = 'machine code '.repeat(1_000);

const line = (message: string) => ({ at: '', task: 't', attempt: 1, event: 'progress' as const, message });

const WRITERS: Readonly<Record<string, Writer>> = {
  'a record': {
    before: (folder) => writeState(folder, 'old'),
    write: (folder) => writeState(folder, 'new'),
    read: async (folder) => {
      const found = await readRecord(join(folder, 'below', 'record.json'), Old);
      return found.is === 'sound' ? found.value.state : found.is;
    },
    lasts: true,
  },
  'the first record in a new folder': {
    before: () => Promise.resolve(),
    write: (folder) => writeState(folder, 'new'),
    read: async (folder) => {
      const found = await readRecord(join(folder, 'below', 'record.json'), Old);
      return found.is === 'absent' ? 'old' : found.is === 'sound' ? found.value.state : found.is;
    },
    lasts: true,
  },
  'the ledger': {
    before: (folder) => writeLedger(folder, 'running'),
    write: (folder) => writeLedger(folder, 'paused'),
    read: async (folder) => {
      const found = await lookForLedger(folder, 'r');
      return found.is !== 'sound' ? found.is : found.value.state === 'paused' ? 'new' : 'old';
    },
    lasts: true,
  },
  'the record of ports': {
    before: (folder) => choosePorts(folder, {}),
    write: (folder) => choosePorts(folder, { EMO_AEN_TEMPORAL_PORT: '14321' }),
    read: async (folder) => {
      const ports = await lastPorts(folder);
      return ports === null ? 'none' : ports.frontend === 14_321 ? 'new' : 'old';
    },
    lasts: true,
  },
  'the changelog': {
    before: (folder) => enterInChangelog(changelogIn(folder), 'a', '## a'),
    write: (folder) => enterInChangelog(changelogIn(folder), 'b', '## b'),
    read: async (folder) => {
      const text = await readFile(changelogIn(folder).path, 'utf8');
      const [a, b] = ['a', 'b'].map((run) => findEntry(text, run, 'changelog'));
      return a !== '## a' ? 'lost' : b === null ? 'old' : b === '## b' ? 'new' : 'half';
    },
    lasts: true,
  },
  'a checkpoint': {
    before: (folder) => writeCheckpoint(folder, 1),
    write: (folder) => writeCheckpoint(folder, 2),
    read: async (folder) => {
      const { files } = await CheckpointFiles.open(join(folder, 'checkpoints'), 'key', 3);
      const { entry, warnings } = await files.newest();
      if (warnings.length > 0) return warnings.join();
      return entry?.file === checkpointName(2, 0) ? 'new' : entry?.file === checkpointName(1, 0) ? 'old' : 'none';
    },
    lasts: true,
  },
  'an event of a task': {
    before: (folder) => appendEvent(folder, 'r', line('one')),
    write: (folder) => appendEvent(folder, 'r', line('two')),
    read: async (folder) => {
      const found = (await readEvents(folder, 'r')).map(({ message }) => message).join();
      return found === 'one,two' ? 'new' : ['one', ''].includes(found) ? 'old' : found;
    },
    lasts: false, // the log of a run is for people: a power cut may take its last lines
  },
  'a row of the metrics': {
    before: (folder) => writeRows(folder, 1),
    write: (folder) => writeRows(folder, 2),
    read: async (folder) => {
      const found = (await readMetrics(join(folder, 'metrics.jsonl'))).map(({ epoch }) => epoch).join();
      return found === '1,2' ? 'new' : found === '1' ? 'old' : found;
    },
    lasts: true,
  },
  'squares of an audit': {
    before: (folder) => writeSquares(folder, 'a'),
    write: (folder) => writeSquares(folder, 'b'),
    read: async (folder) => {
      const tiles = await Tiles.open(folder, SIDE);
      const [a, b] = [await tiles.read('a'), await tiles.read('b')];
      await tiles.close();
      if (a === null || !a.equals(squareOf('a'))) return 'lost';
      return b === null ? 'old' : b.equals(squareOf('b')) ? 'new' : 'half';
    },
    lasts: true,
  },
  'the photo pack that a segment becomes': {
    before: (folder) => writeSquares(folder, 'a', 'b'),
    write: (folder) => packPhotos(packOf(folder, 'a', 'b')),
    // The pack by its hash, or the segment: of each photo there is always a square that holds.
    read: async (folder) => {
      const tiles = await Tiles.open(folder, SIDE);
      const squares = [await tiles.read('a'), await tiles.read('b')];
      await tiles.close();
      const hash = (await readdir(folder)).find((name) => name.endsWith('.bin.sha256'));
      if (hash === undefined) return 'old'; // without its hash it is none, and is made again
      const pack = await hashFile(join(folder, hash.slice(0, -'.sha256'.length))).catch(() => null);
      if (pack?.sha256 !== (await readFile(join(folder, hash), 'utf8')).trim()) return 'a hash of other bytes';
      return squares.every((square) => square !== null) ? 'new' : 'a pack without its rows';
    },
    lasts: true,
  },
  'the photo pack that is put together': {
    before: async (folder) => {
      await writeSquares(folder, 'b');
      await writeSquares(folder, 'a');
    },
    write: (folder) => packPhotos(packOf(folder, 'a', 'b')),
    read: async (folder) => {
      const hash = (await readdir(folder)).find((name) => name.endsWith('.bin.sha256'));
      if (hash === undefined) return 'old';
      const pack = await hashFile(join(folder, hash.slice(0, -'.sha256'.length))).catch(() => null);
      return pack?.sha256 === (await readFile(join(folder, hash), 'utf8')).trim() ? 'new' : 'a hash of other bytes';
    },
    lasts: true,
  },
  'a version of the model': {
    before: (folder) => publish(folder, 'a', { version: '1.0.0' }),
    write: (folder) => publish(folder, 'b', { version: '1.1.0' }),
    read: async (folder) => {
      const directory = join(folder, 'models');
      const version = await currentVersion(directory);
      if (version === null) return 'none';
      await verifyVersion(directory, await manifestOfVersion(directory, version));
      return version === '1.1.0' ? 'new' : 'old';
    },
    lasts: true,
  },
  "a folder of set-up's, with its mark": {
    before: () => Promise.resolve(),
    write: (folder) =>
      makeAside(join(folder, 'native'), async (temporary) => {
        await writeFile(join(temporary, 'library.so'), MACHINE_CODE);
        await mkdir(join(temporary, 'include'));
        await writeFile(join(temporary, 'include', 'header.h'), MACHINE_CODE);
      }),
    // The mark alone decides: that a file of another size betrays itself is not relied on.
    read: async (folder) => {
      const native = join(folder, 'native');
      if ((await readRecord(join(native, MARK), z.unknown())).is === 'absent') return 'old';
      const files = [join(native, 'library.so'), join(native, 'include', 'header.h')];
      for (const path of files) if ((await readFile(path, 'utf8')) !== MACHINE_CODE) return 'half';
      return (await isFinished(native)) ? 'new' : 'a mark that does not hold';
    },
    lasts: true,
  },
};

describe('under fire', function () {
  this.timeout(300_000);
  let before: string;
  beforeEach(async () => (before = await mkdtemp(join(tmpdir(), 'emo-aen-before-'))));
  afterEach(() => rm(before, { recursive: true, force: true }));

  for (const [what, { before: make, write, read, lasts }] of Object.entries(WRITERS)) {
    describe(what, () => {
      for (const code of ['ENOSPC', 'EIO'] as const)
        for (const lasting of [false, true])
          it(`is the old one or the new one where any call fails with ${code}${lasting ? ', and all after it' : ''}`, async () => {
            await make(before);
            const calls = await failEverywhere(before, code, { lasting }, write, async (folder, failed) => {
              const found = await read(folder);
              assert.ok(found === 'new' || (failed && found === 'old'), `found ${found} after ${failed ? 'a failure' : 'success'}`);
            });
            assert.ok(calls > 0, 'calls were made to fail');
          });

      it('is the old one or the new one after a power cut at any call, and the new one from its end on', async () => {
        await make(before);
        const states = await cutPowerEverywhere(before, write, async (folder, ended) => {
          const found = await read(folder);
          assert.ok(found === 'new' || found === 'old', `found ${found}`);
          if (ended && lasts) assert.equal(found, 'new');
        });
        assert.ok(states > 2, 'the power was cut');
      });
    });
  }

  for (const [what, segments] of [
    ['a segment becomes', [['a', 'b']]],
    ['is put together', [['b'], ['a']]],
  ] as const)
    it(`makes the photo pack that ${what} without a listener, and leaves no file open and no segment behind`, async () => {
      for (const photos of segments) await writeSquares(before, ...photos);
      await packPhotos(packOf(before, 'a', 'b'));
      const open = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
      assert.deepEqual(
        open.filter((path) => path.startsWith(before)),
        [],
      );
      assert.deepEqual(
        (await readdir(before)).filter((name) => name.startsWith('segment-')),
        [],
      );
    });

  it('tells a writer apart that does not sync', async () => {
    await writeFile(join(before, 'f'), 'old');
    const found = new Set<string>();
    await cutPowerEverywhere(
      before,
      (folder) => writeFile(join(folder, 'f'), 'new'),
      async (folder) => void found.add(await readFile(join(folder, 'f'), 'utf8')),
    );
    assert.deepEqual([...found], ['old']);
  });
});
