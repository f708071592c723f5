import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Problem } from '../../../../configs/problem.js';
import { Budget } from '../../../../ml/images/decoders/budget.js';
import { DecoderCrash } from '../../../../ml/images/decoders/crash.js';
import { withDecoders, type Decoders, type DecodersOptions } from '../../../../ml/images/decoders/decoders.js';
import { lookAt, type Looked } from '../../../../ml/images/look.js';
import { DATASET_SETTINGS } from '../../../../bench/dataset-settings.js';
import { madePhoto } from '../made-photo.js';
import { amongKillers, killer, type Harm } from './killers.js';

const ABOUT = { mode: 'full', limits: DATASET_SETTINGS.photos } as const;

describe('processes that decode photos', function () {
  this.timeout(60_000);
  let folder: string;
  let photos: Buffer[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emo-aen-decoders-'));
    const made = await Promise.all([1, 2, 3, 4].map(madePhoto));
    const jpeg = await sharp(made[0]).jpeg().toBuffer();
    const hidden = await sharp(made[1]).ensureAlpha(0.5).png().toBuffer();
    // The last but one asks for memory.
    const large = await sharp(made[2]).resize(1200, 1000, { fit: 'fill' }).png().toBuffer();
    photos = [...made, jpeg, jpeg.subarray(0, jpeg.length / 2), hidden, Buffer.from('no picture'), large, Buffer.alloc(0)];
    await Promise.all(photos.map((bytes, number) => writeFile(pathOf(number), bytes)));
  });
  after(() => rm(folder, { recursive: true }));

  const pathOf = (number: number): string => join(folder, `${number}`);
  const look = (decoders: Decoders, path: string): Promise<Looked> =>
    decoders.photo(path, async (read) => {
      const photo = await read(path, Infinity);
      const { answer: content, pixels: square } = await photo.ask('look', ABOUT);
      return { content, square };
    });
  const lookAtAll = (decoders: Decoders): Promise<Looked[]> => Promise.all(photos.map((_, number) => look(decoders, pathOf(number))));
  const expected = (): Promise<Looked[]> => Promise.all(photos.map((bytes) => lookAt(bytes, { ...ABOUT, begin: () => Promise.resolve() })));
  /** A photo that does harm to the process that decodes it. */
  const harmful = async (harm: Harm): Promise<string> => {
    const path = join(folder, killer(harm));
    await writeFile(path, photos[0] ?? '');
    return path;
  };
  const crash = (decoders: Decoders, path: string): Promise<DecoderCrash> =>
    look(decoders, path).then(
      () => assert.fail('the photo was decoded'),
      (error: unknown) => {
        assert.ok(error instanceof DecoderCrash, String(error));
        return error;
      },
    );

  it('tell what this process tells, square for square, sound or not', async () => {
    const told = await withDecoders(lookAtAll, { most: 3 });
    assert.deepEqual(told, await expected());
    assert.equal(told[0]?.square?.length, 256 * 256 * 3);
  });

  it('decode, all together, no more at once than the memory has room for', async () => {
    let active = 0;
    let most = 0;
    let asked = 0;
    const alone = new Budget(1);
    const memory: Pick<Budget, 'run'> = {
      run: (bytes, work) =>
        alone.run(bytes, async () => {
          asked++;
          most = Math.max(most, ++active);
          return work().finally(() => active--);
        }),
    };
    const large = pathOf(8);
    await withDecoders((decoders) => Promise.all([large, large, large].map((path) => look(decoders, path))), { most: 1, memory });
    assert.deepEqual([asked, most, active], [3, 1, 0]);
  });

  it('have several photos in hand at once, each', async () => {
    const few = [8, 8, 8, 8].map(pathOf);
    let asked = 0;
    let letIn = (): void => undefined;
    const all = new Promise<void>((resolve) => (letIn = resolve));
    // A process that took one photo after the other would wait here for ever.
    const memory: Pick<Budget, 'run'> = {
      run: async (_, work) => {
        if (++asked === few.length) letIn();
        await all;
        return work();
      },
    };
    const told = await withDecoders((decoders) => Promise.all(few.map((path) => look(decoders, path))), { most: 1, memory });
    assert.deepEqual(
      told.map(({ square }) => square?.length),
      few.map(() => 256 * 256 * 3),
    );
  });

  it('tell a defect of the code as one, a Problem as one and an error of the system with its code, and go on', async () => {
    await withDecoders(
      async (decoders) => {
        const broken = { ...ABOUT, limits: null } as unknown as typeof ABOUT;
        const asked = decoders.photo('x', async (read) => (await read(pathOf(0), Infinity)).ask('look', broken));
        await assert.rejects(asked, (error: Error) => /TypeError.*\n.*look\.js/.test(error.stack ?? ''));
        await assert.rejects(look(decoders, join(folder, 'nowhere')), { code: 'ENOENT', syscall: 'stat' });
        const small = decoders.photo('x', (read) => read(pathOf(0), 10));
        await assert.rejects(small, (error: unknown) => error instanceof Problem && error.code === 'PHOTO');
        assert.deepEqual((await look(decoders, pathOf(9))).content.faults, [['empty', 'has 0 bytes']]);
        assert.equal(decoders.pids.length, 1);
      },
      { most: 1 },
    );
  });

  it('are as many as there may be once one is ready', async () => {
    await withDecoders(
      async (decoders) => {
        await look(decoders, pathOf(0));
        const looked = lookAtAll(decoders);
        assert.equal(decoders.pids.length, 2);
        await looked;
        const again = lookAtAll(decoders);
        assert.equal(decoders.pids.length, 3);
        await again;
      },
      { most: 3 },
    );
  });

  it('start no process without a photo', async () => {
    await withDecoders((decoders) => {
      assert.deepEqual(decoders.pids, []);
      return Promise.resolve();
    });
  });

  it('end when they are closed, with photos under way, whose reason is told', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    let pids: number[] = [];
    const running = withDecoders(
      async (decoders) => {
        const looked = lookAtAll(decoders);
        pids = decoders.pids;
        stop.abort(reason);
        await looked;
      },
      { most: 2, signal: stop.signal },
    );
    await assert.rejects(running, reason);
    assert.equal(pids.length, 1);
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });

  describe('of which one ends', () => {
    const harmed: typeof withDecoders = (use, options) => amongKillers(() => withDecoders(use, options));

    for (const signal of ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGKILL'] as const)
      it(`by ${signal}: name the photo and decode all others`, async () => {
        const path = await harmful(signal);
        await harmed(
          async (decoders) => {
            const [error, ...told] = await Promise.all([crash(decoders, path), lookAtAll(decoders)]);
            assert.deepEqual(told[0], await expected());
            assert.deepEqual([error.code, error.where, error.message], ['PHOTO', path, `the decoder crashed (${signal})`]);
            if (signal === 'SIGILL') assert.match(error.cure ?? '', /npm run setup/);
            if (signal === 'SIGKILL') assert.match(error.cure ?? '', /out of memory/);
          },
          { most: 2 },
        );
      });

    it('by an exit: name the photo with the exit code', async () => {
      const path = await harmful('exit');
      assert.equal((await harmed((decoders) => crash(decoders, path))).message, 'the decoder crashed (exit code 7)');
    });

    it('with many photos that crash it: name each', async () => {
      const paths = [await harmful('SIGSEGV'), await harmful('SIGABRT'), await harmful('exit')];
      await harmed(
        async (decoders) => {
          const [told, ...errors] = await Promise.all([lookAtAll(decoders), ...paths.map((path) => crash(decoders, path))]);
          assert.deepEqual(told, await expected());
          assert.deepEqual(
            errors.map(({ where }) => where),
            paths,
          );
        },
        { most: 1 },
      );
    });

    it('with a photo that hangs: name it and say how long it was waited for', async () => {
      const path = await harmful('hang');
      const options: DecodersOptions = { most: 1, patience: () => 2_000 };
      await harmed(async (decoders) => {
        // Decoded before: a machine that is slow to begin is no photo that hangs.
        await look(decoders, pathOf(0));
        const [error, told] = await Promise.all([crash(decoders, path), look(decoders, pathOf(1))]);
        assert.equal(error.message, 'the decoder hung: it gave no answer for 2 s');
        assert.deepEqual(told, (await expected())[1]);
      }, options);
    });

    it('once: try the photo again and blame nobody', async () => {
      const path = await harmful('once');
      await harmed(async (decoders) => assert.deepEqual(await look(decoders, path), (await expected())[0]));
    });

    it('because somebody ended all of them: try all photos again and blame nobody', async () => {
      const told = await harmed(
        async (decoders) => {
          let ended = false;
          const endAll = (): void => {
            if (ended) return;
            ended = true;
            for (const pid of decoders.pids) process.kill(pid, 'SIGKILL');
          };
          return Promise.all(
            photos.map((_, number) =>
              decoders.photo('x', async (read) => {
                const photo = await read(pathOf(number), Infinity);
                endAll();
                const { answer: content, pixels: square } = await photo.ask('look', ABOUT);
                return { content, square };
              }),
            ),
          );
        },
        { most: 2 },
      );
      assert.deepEqual(told, await expected());
    });

    it('before the first photo: blame the machine and no photo', async () => {
      process.env.EMO_AEN_TEST_START = 'SIGILL';
      try {
        await assert.rejects(
          harmed((decoders) => look(decoders, pathOf(0))),
          (error: unknown) => {
            assert.ok(error instanceof Problem, String(error));
            assert.deepEqual([error.code, error.where], ['ENVIRONMENT', undefined]);
            assert.match(error.message, /SIGILL/);
            assert.match(error.cure ?? '', /npm run setup/);
            return true;
          },
        );
      } finally {
        delete process.env.EMO_AEN_TEST_START;
      }
    });
  });

  it('end with their parent, however that ends', async () => {
    const { fork } = await import('node:child_process');
    const parent = fork(new URL('./abandons-decoders.js', import.meta.url), [pathOf(0)]);
    const [pid] = (await once(parent, 'message')) as [number];
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    const isThere = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    // Nothing tells of the end of a process that is nobody's child here.
    while (isThere()) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
