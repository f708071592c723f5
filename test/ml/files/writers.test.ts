/** Every writer of the product on a file system that fails at any call, and on one that forgets what was not fsynced: the old state or the new one, whole. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
import { writeJsonAtomically } from '../../../ml/files/atomic.js';
import { readRecord } from '../../../ml/files/record.js';
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
