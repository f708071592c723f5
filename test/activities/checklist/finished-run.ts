/**
 * A project folder with a run that has done everything but its checklist: photos, splits, logs, models and changelog in place, the
 * settings committed. What the tasks of stages 1 to 7 would have written is small and made up here; stage 8 is done by its tasks.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { archiveLogs } from '../../../activities/checklist/archive-logs.js';
import { changelog } from '../../../activities/checklist/changelog.js';
import type { TaskContext, TaskFunction, TaskResult } from '../../../activities/task.js';
import { CATALOG, type ActivityName } from '../../../configs/schema/catalog.js';
import type { Evaluation, Parity } from '../../../configs/schema/evaluation.js';
import type { Ledger, LedgerTask, TaskState } from '../../../configs/schema/ledger.js';
import type { Manifest } from '../../../configs/schema/manifest.js';
import type { Artifact } from '../../../configs/schema/payload.js';
import { PlannedTask } from '../../../configs/schema/plan.js';
import type { DatasetIndex } from '../../../configs/schema/photos.js';
import { hashFile, writeJsonAtomically } from '../../../ml/files/atomic.js';
import { datasetHash } from '../../../ml/images/dataset-hash.js';
import { node, value } from '../../../ml/onnx/build.js';
import { encodeModel } from '../../../ml/onnx/messages.js';
import { writeSafetensors } from '../../../ml/weights/safetensors.js';
import { fingerprint } from '../../../workflows/fingerprint.js';
import { inputsIn } from '../../../workflows/graph.js';

export const RUN = 'first';
export const PREPROCESS = {
  resize: 256,
  crop: 224,
  normalize: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  augment: { flip: 0.5, brightness: 0.1, contrast: 0.1, rotation: 5 },
};
const SHARE = { value: 0.875, low: 0.8, high: 0.925, count: 104 };
const SETTINGS: Partial<Record<ActivityName, unknown>> = {
  preprocess: PREPROCESS,
  'archive-logs': { archive: { mode: 'offline', project: 'emo-aen' } },
  changelog: { changelog: { file: 'docs/model_changelog.md' } },
  checklist: { archive: { mode: 'offline', project: 'emo-aen' }, changelog: { file: 'docs/model_changelog.md' } },
};
/** The settings files that each kind of settings comes from. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  preprocess: ['configs/quickstart/preprocess.yaml', 'configs/preprocess.yaml'],
};

export async function git(root: string, ...args: string[]): Promise<void> {
  const identity = ['-c', 'user.name=A Person', '-c', 'user.email=person@example.org', '-c', 'commit.gpgsign=false'];
  await promisify(execFile)('git', [...identity, ...args], { cwd: root });
}

/** Absolute path of a new project folder; the caller removes it. */
export async function finishedRun(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'emo-aen-finished-'));
  const run = new Builder(root);
  await run.write('configs/preprocess.yaml', `# numbers of the method\n${JSON.stringify({ ...PREPROCESS, resize: 300 })}\n`);
  await run.write('configs/quickstart/preprocess.yaml', 'extends: ../preprocess.yaml\nresize: 256\n');
  await run.write('.gitignore', '/runs/\n/logs/\n/models/\n/checkpoints/\n/training_files/\n');
  await git(root, 'init', '-q');
  await git(root, 'add', '.');
  await git(root, 'commit', '-qm', 'settings');

  await run.dataset();
  await run.done('preprocess', {});
  await run.models();
  await run.save();
  await run.perform('archive-logs', archiveLogs);
  await run.perform('changelog', changelog);
  await run.add('checklist', 'running', []);
  await run.save();
  return root;
}

export async function readLedgerOf(root: string): Promise<Ledger> {
  return JSON.parse(await readFile(join(root, 'runs', RUN, 'ledger.json'), 'utf8')) as Ledger;
}

/** The tasks with the fingerprints that the workflow would have given them. */
export function withFingerprints(tasks: readonly LedgerTask[]): LedgerTask[] {
  const plans = tasks.map(({ plan }) => plan);
  const made = (name: string): Artifact[] => tasks.find(({ plan }) => plan.name === name)?.output?.artifacts ?? [];
  const inputs = inputsIn(plans);
  return tasks.map((task) => ({ ...task, fingerprint: fingerprint(task.plan, inputs.of(task.plan, made)) }));
}

/** What a task is given, with the artifacts of the tasks before it. */
export function contextFor<Settings>(root: string, task: ActivityName, tasks: readonly LedgerTask[]): TaskContext<Settings> {
  const artifact = (name: string): Artifact => {
    const found = tasks.flatMap(({ output }) => output?.artifacts ?? []).find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  return {
    root,
    run: RUN,
    task,
    folder: RUN,
    attempt: 1,
    settings: SETTINGS[task] as Settings,
    artifact: (name) => join(root, artifact(name).path),
    digest: (name) => artifact(name).sha256,
    has: () => true,
    secret: (name) => `no ${name}`,
    file: async (...segments) => {
      const path = join(root, ...segments);
      await mkdir(dirname(path), { recursive: true });
      return path;
    },
    progress: () => undefined,
    signal: new AbortController().signal,
  };
}

class Builder {
  private readonly tasks: LedgerTask[] = [];
  private hash = '';

  constructor(private readonly root: string) {}

  async write(path: string, data: string | Uint8Array): Promise<void> {
    await mkdir(dirname(join(this.root, path)), { recursive: true });
    await writeFile(join(this.root, path), data);
  }

  async dataset(): Promise<void> {
    const files = ['scene/bad/a.jpg', 'scene/bad/b c.jpg', 'scene/good/a.jpg', 'scene/good/b c.jpg'];
    const photos: DatasetIndex['photos'] = [];
    for (const [index, file] of files.entries()) {
      const data = `photo ${index}`;
      await this.write(`training_files/${file}`, data);
      const label = file.includes('good') ? 'good' : 'bad';
      const sha256 = createHash('sha256').update(data).digest('hex');
      photos.push({ file, folder: 'scene', label, split: 'test', sha256, width: 256, height: 256, score: null });
    }
    this.hash = datasetHash(photos);
    const index: DatasetIndex = {
      version: 2,
      hash: this.hash,
      root: 'training_files',
      synthetic: true,
      pairing: 'by-name',
      limit: 4,
      weights: {},
      photos,
    };
    await this.write('docs/splits.json', JSON.stringify({ version: 1, datasetHash: this.hash, splits: { scene: 'test' } }));
    await this.write(`runs/${RUN}/dataset.json`, JSON.stringify(index));
    const report = { version: 1, ok: true, root: 'training_files', splitsFile: 'docs/splits.json', hash: this.hash, synthetic: true };
    const counts = { folders: 1, photos: 4, pairs: { train: 0, val: 0, test: 2 }, scored: 0, errors: 0, warnings: 0, findings: [] };
    await this.write(`runs/${RUN}/audit.json`, JSON.stringify({ ...report, ...counts }));
    const made = { 'audit-report': `runs/${RUN}/audit.json`, dataset: `runs/${RUN}/dataset.json`, splits: 'docs/splits.json' };
    await this.done('audit', made);
  }

  async models(): Promise<void> {
    const checkpoint = `checkpoints/${RUN}/best.safetensors`;
    await mkdir(join(this.root, dirname(checkpoint)), { recursive: true });
    await writeSafetensors(join(this.root, checkpoint), new Map([['direction', { shape: [2], data: Float32Array.of(1, 0) }]]), {});
    const rows = [1, 2, 3].flatMap((epoch) =>
      ['step', 'epoch'].map((kind) => `${JSON.stringify({ kind, epoch, step: 8 * epoch, loss: 0.2 / epoch })}\n`),
    );
    await this.write(`logs/${RUN}/metrics.jsonl`, rows.join(''));
    await this.done('train', { 'best-checkpoint': checkpoint, metrics: `logs/${RUN}/metrics.jsonl` });
    const { sha256 } = await hashFile(join(this.root, checkpoint));
    await this.write(`runs/${RUN}/evaluation.json`, JSON.stringify(evaluation(sha256)));
    await this.done('evaluate', { evaluation: `runs/${RUN}/evaluation.json` });
    await this.write(`runs/${RUN}/emo_aen.onnx`, tinyModel('fp32'));
    await this.done('export', { onnx: `runs/${RUN}/emo_aen.onnx` });
    await this.write(`runs/${RUN}/emo_aen_int8.onnx`, tinyModel('int8'));
    await this.done('quantize', { 'onnx-int8': `runs/${RUN}/emo_aen_int8.onnx` });
    await this.write(`runs/${RUN}/parity.json`, JSON.stringify(PARITY));
    await this.done('parity', { parity: `runs/${RUN}/parity.json` });
    await this.publish({ fp32: `runs/${RUN}/emo_aen.onnx`, int8: `runs/${RUN}/emo_aen_int8.onnx`, checkpoint });
  }

  private async publish(sources: Readonly<Record<'fp32' | 'int8' | 'checkpoint', string>>): Promise<void> {
    const names = { fp32: 'emo_aen.onnx', int8: 'emo_aen_int8.onnx', checkpoint: 'emo_aen.safetensors' } as const;
    const files: Manifest['files'] = [];
    for (const name of ['fp32', 'int8', 'checkpoint'] as const) {
      const data = await readFile(join(this.root, sources[name]));
      for (const folder of ['', 'versions/0.1.0/']) await this.write(`models/${folder}${names[name]}`, data);
      const unmeasured = { opset: name === 'checkpoint' ? null : 17, runtimes: [], latency: [], accuracy: null, scores: null, close: null };
      files.push({ name, path: `versions/0.1.0/${names[name]}`, ...(await hashFile(join(this.root, sources[name]))), ...unmeasured });
    }
    const text = JSON.stringify(manifest(this.hash, files));
    for (const folder of ['', 'versions/0.1.0/']) await this.write(`models/${folder}manifest.json`, text);
    await this.done('publish', {
      manifest: 'models/manifest.json',
      'version-manifest': 'models/versions/0.1.0/manifest.json',
      'published-onnx': 'models/emo_aen.onnx',
      'published-onnx-int8': 'models/emo_aen_int8.onnx',
      'published-checkpoint': 'models/emo_aen.safetensors',
    });
  }

  async perform<Settings>(task: ActivityName, does: TaskFunction<Settings>): Promise<void> {
    const result: TaskResult = await does(contextFor<Settings>(this.root, task, this.tasks));
    await this.done(task, Object.fromEntries(result.artifacts.map(({ name, path }) => [name, relative(this.root, path)])));
    await this.save();
  }

  async done(uses: ActivityName, made: Readonly<Record<string, string>>): Promise<void> {
    const artifacts = Object.entries(made).map(async ([name, path]) => ({ name, path, ...(await hashFile(join(this.root, path))) }));
    await this.add(uses, 'done', await Promise.all(artifacts));
  }

  async add(uses: ActivityName, state: TaskState, artifacts: readonly Artifact[]): Promise<void> {
    const { stage, version, kind, reads, provides } = CATALOG[uses];
    const paths = FILES[kind] ?? [];
    const settingsFiles = await Promise.all(paths.map(async (path) => ({ path, sha256: (await hashFile(join(this.root, path))).sha256 })));
    const plan = {
      name: uses,
      stage,
      uses,
      version,
      outside: false,
      needs: this.tasks.map(({ plan }) => plan.name),
      queue: 'cpu',
      kind,
      settings: SETTINGS[uses] ?? {},
      settingsFiles,
    } as const;
    const limits = { reads: [...reads], provides: [...provides], timeoutMs: 1, heartbeatMs: null, retry: { attempts: 1, backoffMs: 1 } };
    const output = state === 'done' ? { artifacts: [...artifacts], summary: {}, warnings: [] } : null;
    const at = '2026-01-02T03:04:05.000Z';
    const times = { fingerprint: null, startedAt: at, endedAt: state === 'done' ? at : null };
    const full = PlannedTask.parse({ ...plan, ...limits });
    this.tasks.push({ plan: full, state, attempts: 1, reason: '', ...times, failure: null, output, fromRun: null, approved: null });
  }

  async save(): Promise<void> {
    const startedAt = '2026-01-02T03:04:00.000Z';
    const ledger: Ledger = {
      version: 1,
      run: RUN,
      pipeline: 'quickstart',
      file: 'configs/quickstart/pipeline.yaml',
      planHash: 'a'.repeat(64),
      state: 'running',
      until: null,
      number: 1,
      startedAt,
      endedAt: null,
      tasks: withFingerprints(this.tasks),
      events: [
        {
          at: startedAt,
          by: 'a person',
          action: 'start',
          tasks: [],
          overrides: [{ path: 'train.schedule.epochs', value: 3 }],
          reason: null,
        },
      ],
    };
    await writeJsonAtomically(join(this.root, 'runs', RUN, 'ledger.json'), ledger);
  }
}

/** Copies its input to both outputs: enough to load. */
export function tinyModel(name: string): Uint8Array {
  return encodeModel({
    irVersion: 8,
    producerName: 'test',
    producerVersion: '1',
    opsetImport: [{ domain: '', version: 17 }],
    metadataProps: [],
    graph: {
      name,
      node: [node('Identity', ['photos'], 'embedding'), node('Identity', ['photos'], 'score')],
      initializer: [],
      input: [value('photos', 'float32', ['N'])],
      output: [value('embedding', 'float32', ['N']), value('score', 'float32', ['N'])],
    },
  });
}

function evaluation(checkpointSha256: string): Evaluation {
  const latency = { runs: 5, medianMs: 21.3, p95Ms: 25 };
  const figures = { pairwiseAccuracy: SHARE, loss: { kind: 'hinge' as const, value: 0.0712 }, kendallTauB: 0.75, latency };
  return { version: 2, split: 'test', checkpointSha256, device: 'cpu', ...figures, folders: [], scores: [], weights: 'random' };
}

const UNKNOWN = { scores: null, close: null };
const AGREEMENT: Parity['models']['onnx-int8'] = {
  cosine: { median: 0.998, fifth: 0.995, least: 0.99 },
  errorOverVariance: 0.004,
  pairsAlike: 0.98,
  allPairsAlike: 0.98,
  accuracy: { ...SHARE, value: 0.865 },
  accuracyDrop: { value: 0.01, low: -0.01, high: 0.03 },
  worstPhotos: [],
  worstLayers: [],
};
const timing = (model: Parity['latency']['timings'][number]['model'], p50Ms: number): Parity['latency']['timings'][number] => ({
  model,
  threads: 1,
  p50Ms,
  p95Ms: p50Ms,
  ratio: p50Ms / 18,
  loadMs: 50,
  peakMegabytes: null,
});
const PARITY: Parity = {
  version: 3,
  photos: 208,
  pairs: 104,
  fp32ScoreError: 1e-6,
  fp32Accuracy: SHARE,
  models: { 'onnx-int8': AGREEMENT, 'onnx-int8-weights': AGREEMENT },
  yardsticks: { onnx: UNKNOWN, 'onnx-int8': UNKNOWN, 'onnx-int8-weights': UNKNOWN },
  latency: {
    runtime: 'onnxruntime-node',
    processor: 'Some CPU',
    rounds: 1,
    runs: 1,
    timings: [timing('onnx', 18), timing('onnx-int8', 14), timing('onnx-int8-weights', 15)],
  },
  bytes: { onnx: 13_000_000, 'onnx-int8': 3_600_000, 'onnx-int8-weights': 3_500_000 },
};

function manifest(hash: string, files: Manifest['files']): Manifest {
  const photos = { name: 'photos', type: 'float32', shape: ['N'], meaning: '' } as const;
  const preprocessing: Manifest['input']['preprocessing'] = {
    orientation: 'exif',
    colourSpace: 'sRGB',
    channels: 'RGB',
    resize: 256,
    resizeSide: 'shortest',
    otherSide: 'floor',
    kernel: 'linear-antialiased',
    crop: 224,
    cropOffset: 'half-to-even',
    mean: [...PREPROCESS.normalize.mean],
    std: [...PREPROCESS.normalize.std],
  };
  return {
    format: 3,
    name: 'emo-aen',
    version: '0.1.0',
    run: RUN,
    trainedAt: '2026-01-02T03:00:00.000Z',
    publishedAt: '2026-01-02T03:04:00.000Z',
    datasetHash: hash,
    testHash: null,
    synthetic: true,
    weights: 'random',
    licence: null,
    backbone: 'mobilenet_v3_large',
    gitCommit: null,
    settings: {},
    files,
    documents: null,
    input: { ...photos, shape: ['N'], layout: 'NCHW', preprocessing },
    outputs: ['embedding', 'score'].map((name) => ({ ...photos, shape: ['N'], name })),
    onnx: { opset: 17, ir: 8 },
    metrics: { pairwiseAccuracy: SHARE, kendallTauB: 0.75 },
  };
}
