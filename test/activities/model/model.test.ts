import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { model } from '../../../activities/model/model.js';
import type { TaskResult } from '../../../activities/task.js';
import { train } from '../../../activities/training/train.js';
import { recordOf } from '../../../configs/failure.js';
import { Problem } from '../../../configs/problem.js';
import type { SettingsOf } from '../../../configs/schema/catalog.js';
import { readCheckpoint, type Checkpoint } from '../../../ml/engine/checkpoint.js';
import { smallSettings, writeSmallSet } from '../../ml/engine/small-set.js';
import { kerasFile } from '../../ml/weights/keras-file.js';
import { taskContext } from '../task-context.js';

type ModelSettings = SettingsOf<'model'>['model'];

describe('the task model', function () {
  this.timeout(120_000);
  let root: string;
  before(async () => (root = await mkdtemp(join(tmpdir(), 'emo-aen-model-'))));
  after(() => rm(root, { recursive: true }));

  const settingsOf = (source: string | null, changes: Partial<ModelSettings> = {}): ModelSettings => {
    const { model } = smallSettings();
    const open = { padding: 'auto', batchNorm: { ...model.batchNorm, epsilon: 'auto' } } as const;
    return { ...model, ...open, weights: { source, sha256: null, onUnavailable: 'fail' }, ...changes };
  };
  const make = async (settings: ModelSettings): Promise<{ result: TaskResult; path: string; checkpoint: Checkpoint; sha256: string }> => {
    const result = await model(taskContext({ root, task: 'model', settings: { seed: 3, model: settings } }));
    const path = result.artifacts.find(({ name }) => name === 'initial-checkpoint')?.path ?? assert.fail();
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    return { result, path, checkpoint: await readCheckpoint(path), sha256 };
  };

  it("writes the files of a leg of a matrix into the leg's own folder, and without one where they always were", async () => {
    const made = async (folder?: string): Promise<string[]> => {
      const context = taskContext({
        root,
        task: 'model',
        settings: { seed: 3, model: settingsOf(null) },
        ...(folder === undefined ? {} : { folder }),
      });
      return (await model(context)).artifacts.map(({ path }) => relative(root, path));
    };
    assert.deepEqual(await made(), ['checkpoints/test/initial.safetensors', 'runs/test/model.json']);
    assert.deepEqual(await made('test/model-3'), ['checkpoints/test/model-3/initial.safetensors', 'runs/test/model-3/model.json']);
  });

  it('reads a signed URL from the environment, and keeps and shows scheme, host and path only', async () => {
    const body = await readFile((await make(settingsOf(null))).path);
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url, request.headers.authorization);
      if (request.url === '/first') response.writeHead(302, { location: '/w.safetensors?X-Amz-Signature=REDIRECTSECRET' }).end();
      else if (request.url?.startsWith('/gone') === true) response.writeHead(404).end();
      else response.end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const from = async (value: string): Promise<string> => {
      const told: unknown[] = [];
      const context = taskContext({
        root,
        task: 'model',
        settings: { seed: 3, model: settingsOf('env:WEIGHTS_URL') },
        secrets: { WEIGHTS_URL: value },
        progress: (progress) => told.push(progress),
      });
      const thrown: unknown[] = [];
      const result = await model(context).catch((error: unknown) => void thrown.push(recordOf(error)));
      const files = await Promise.all((result?.artifacts ?? []).map(({ path }) => readFile(path, 'latin1')));
      return `${JSON.stringify([told, thrown, result])}${files.join('')}`;
    };
    try {
      const signed = await from(`http://${host}/w.safetensors?X-Amz-Signature=TOPSECRETSIGNATURE`);
      assert.ok(!signed.includes('TOPSECRET') && signed.includes(`http://${host}/w.safetensors (sha256 `));
      const withPassword = await from(`http://me:pa55word@${host}/w.safetensors`);
      assert.ok(!withPassword.includes('pa55word') && withPassword.includes(`http://${host}/w.safetensors (sha256 `));
      assert.equal(asked.at(-1), `Basic ${Buffer.from('me:pa55word').toString('base64')}`);
      assert.ok(!(await from(`http://${host}/first`)).includes('REDIRECTSECRET'));
      const gone = await from(`http://me:pa55word@${host}/gone?sig=TOPSECRETSIGNATURE`);
      assert.ok(gone.includes(`http://${host}/gone answers 404`) && !/TOPSECRET|pa55word/.test(gone));
      const nobody = await from(`http://me:pa55word@127.0.0.1:1/w?sig=TOPSECRETSIGNATURE`);
      assert.ok(nobody.includes('http://127.0.0.1:1/w cannot be fetched') && !/TOPSECRET|pa55word/.test(nobody));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('begins with random numbers, says so, and makes the same bytes again', async () => {
    const { result, checkpoint, sha256 } = await make(settingsOf(null));
    assert.match(result.warnings?.join() ?? '', /random weights \(no source is set\)/);
    assert.deepEqual([checkpoint.network.spec.padding, checkpoint.network.spec.batchNorm.epsilon], ['symmetric', 1e-3]);
    assert.equal((await make(settingsOf(null))).sha256, sha256);
    assert.equal(
      (await make(settingsOf(null, { padding: 'symmetric', batchNorm: { ...smallSettings().model.batchNorm } }))).sha256,
      sha256,
    );
  });

  it('falls back to random numbers only where the weights are out of reach, and only if it may', async () => {
    const weights = { source: 'absent.h5', sha256: null, onUnavailable: 'random' } as const;
    assert.match((await make(settingsOf(null, { weights }))).result.summary['weights'] as string, /^random \(absent\.h5 is unavailable/);
    await assert.rejects(make(settingsOf('absent.h5')), problem('NOT_FOUND'));
    await writeFile(join(root, 'broken.h5'), '\x89HDF and no more', 'latin1');
    await assert.rejects(make(settingsOf(null, { weights: { ...weights, source: 'broken.h5' } })), problem('WEIGHTS'));
  });

  it("takes Keras' weights with their padding and epsilon, and training says that photos are prepared in another way", async () => {
    await writeFile(join(root, 'keras.h5'), await kerasFile('minimalistic', 'keras2'));
    const { result, path, checkpoint } = await make(settingsOf('keras.h5'));
    assert.deepEqual(result.warnings, []);
    assert.deepEqual([result.summary['family'], result.summary['padding'], result.summary['epsilon']], ['keras', 'same', 1e-3]);
    assert.match(checkpoint.metadata.weights, /^keras\.h5 \(sha256 [0-9a-f]{64}\)$/);

    const set = await writeSmallSet(join(root, 'set'), { train: 4, val: 2, test: 2 });
    const settings = smallSettings({ schedule: { epochs: 1, warmupEpochs: 0, minLr: 0 } });
    const artifacts = { cache: set.cache, 'cache-index': set.cacheIndex, 'initial-checkpoint': path };
    const trained = await train(taskContext({ root, run: 'first', task: 'train', settings, artifacts }));
    assert.match(trained.warnings?.join('\n') ?? '', /made for photos normalised by mean 0\.5, 0\.5, 0\.5/);
  });

  it('begins from a checkpoint of an earlier run, whose padding, epsilon and origin it takes over, without its optimiser', async () => {
    for (const file of ['best', 'last']) {
      const source = join('checkpoints', 'first', `${file}.safetensors`);
      const { result, checkpoint } = await make(settingsOf(source));
      const before = await readCheckpoint(join(root, source));
      for (const [name, { data }] of checkpoint.tensors)
        if (!name.startsWith('regression.')) assert.deepEqual(data, before.tensors.get(name)?.data, name);
      assert.ok([...checkpoint.tensors.keys()].every((name) => !name.startsWith('optimizer.')));
      assert.equal(checkpoint.metadata.trained, null);
      assert.deepEqual(checkpoint.network.spec.padding, 'same');
      assert.deepEqual(checkpoint.metadata.normalize?.mean, before.metadata.trained?.preprocess.mean);
      assert.match(checkpoint.metadata.weights, /(last|best)\.safetensors \(sha256 \w+\), which began from keras\.h5 \(sha256 \w+\)$/);
      assert.match(
        String(result.summary['notes']),
        file === 'last' ? /left out: its optimiser's state/ : /regression head begins with random/,
      );
    }
  });

  it('names what is different where the checkpoint is of another network', async () => {
    const source = 'checkpoints/first/best.safetensors';
    await assert.rejects(make(settingsOf(source, { embedding: 8 })), (error) => {
      assert.ok(error instanceof Problem && error.code === 'WEIGHTS');
      assert.match(error.message, /its model\.embedding is 16, the settings say 8/);
      return true;
    });
  });
});

function problem(code: Problem['code']): (error: unknown) => boolean {
  return (error) => error instanceof Problem && error.code === code;
}
