/** What stage 7 reads, small: seeded weights, 32-px photos, an evaluation; and its tasks on it. */
import { BEST } from '../../../ml/onnx/quantize/quantize.js';
import { PlannedTask } from '../../../configs/schema/plan.js';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Evaluation } from '../../../configs/schema/evaluation.js';
import type { Ledger } from '../../../configs/schema/ledger.js';
import type { CacheIndex, Photo } from '../../../configs/schema/photos.js';
import { exportOnnx } from '../../../activities/export/export-onnx.js';
import { publish } from '../../../activities/export/publish.js';
import { quantize } from '../../../activities/export/quantize.js';
import { metadataTexts } from '../../../ml/engine/checkpoint.js';
import { openCache } from '../../../ml/images/cache.js';
import { fromCache } from '../../../ml/onnx/photos.js';
import { scorePhotos } from '../../../ml/onnx/score.js';
import { writeSafetensors } from '../../../ml/weights/safetensors.js';
import { MINIMALISTIC, seeded, seededNetwork } from '../../ml/onnx/seeded-network.js';
import { taskContext } from '../task-context.js';

const SIZE = 36;
const CROP = 32;
const STEMS = ['a', 'b', 'c', 'd'];

export class Stage {
  private constructor(
    readonly root: string,
    readonly artifacts: Record<string, string>,
  ) {}

  /** A folder with checkpoint, cache and the ledger of run `test`; call `remove` afterwards. */
  static async make(): Promise<Stage> {
    const root = await mkdtemp(join(tmpdir(), 'emo-aen-export-'));
    const at = (...segments: string[]): string => join(root, ...segments);
    const stage = new Stage(root, {
      'best-checkpoint': at('checkpoints/test/best.safetensors'),
      cache: at('.emo-aen/cache/photos/photos.bin'),
      'cache-index': at('runs/test/cache-index.json'),
      evaluation: at('runs/test/evaluation.json'),
    });
    const { network, parameters } = seededNetwork(MINIMALISTIC);
    const metadata = metadataTexts({ network: network.spec, weights: 'random (seeded)', seed: 5, trained: null });
    await writeSafetensors(stage.path('best-checkpoint'), new Map(parameters), metadata);
    await stage.writeCache();
    await stage.write('runs/test/ledger.json', JSON.stringify(LEDGER));
    return stage;
  }

  path(name: string): string {
    const path = this.artifacts[name];
    if (path === undefined) throw new Error(`no artifact ${name}`);
    return path;
  }

  async export(preprocess: 'outside' | 'inside' = 'outside'): Promise<void> {
    this.take(
      await exportOnnx(
        taskContext({ ...this.given, task: 'export', settings: { onnx: { opset: 17, preprocess }, bundle: { version: '1.2.3' } } }),
      ),
    );
  }

  async quantize(calibrationPhotos = 8): Promise<Awaited<ReturnType<typeof quantize>>> {
    const settings = { quantize: { ...BEST, calibrationPhotos, calibrationSeed: 0 } };
    const result = await quantize(taskContext({ ...this.given, task: 'quantize', settings }));
    this.take(result);
    return result;
  }

  /** The evaluation that the engine would have written, its scores moved by `shift`. */
  async evaluate(shift = 0): Promise<void> {
    const cache = await openCache(this.path('cache-index'), this.path('cache'));
    const photos = cache.index.dataset.photos.flatMap(({ split }, index) => (split === 'test' ? [index] : []));
    const { scores } = await scorePhotos(this.path('onnx'), fromCache(cache, photos), () => undefined);
    await cache.close();
    const evaluation: Evaluation = {
      ...EVALUATION,
      checkpointSha256: createHash('sha256')
        .update(await readFile(this.path('best-checkpoint')))
        .digest('hex'),
      scores: photos.map((photo, index) => ({
        file: cache.index.dataset.photos[photo]?.file ?? '',
        score: (scores[index] ?? NaN) + shift,
      })),
    };
    await writeFile(this.path('evaluation'), JSON.stringify(evaluation));
  }

  async publish(version = '1.2.3', signal = new AbortController().signal, force = false): Promise<Awaited<ReturnType<typeof publish>>> {
    return publish(
      taskContext({ ...this.given, task: 'publish', settings: { bundle: { version, directory: 'models', force, licence: null } }, signal }),
    );
  }

  get given(): { root: string; artifacts: Record<string, string> } {
    return { root: this.root, artifacts: this.artifacts };
  }

  take({ artifacts }: { readonly artifacts: readonly { readonly name: string; readonly path: string }[] }): void {
    for (const { name, path } of artifacts) this.artifacts[name] = path;
  }

  async write(path: string, data: string | Uint8Array): Promise<void> {
    await mkdir(dirname(join(this.root, path)), { recursive: true });
    await writeFile(join(this.root, path), data);
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true });
  }

  private async writeCache(): Promise<void> {
    const photos = ['sea', 'hill', 'town', 'wood'].flatMap((folder, place) =>
      (['bad', 'good'] as const).flatMap((label) =>
        STEMS.map((stem): Photo => ({
          file: `${folder}/${label}/${stem}.png`,
          folder,
          label,
          split: place < 3 ? 'train' : 'test',
          sha256: '0'.repeat(64),
          width: 300,
          height: 300,
          score: null,
        })),
      ),
    );
    const index: CacheIndex = {
      version: 1,
      dataset: {
        version: 2,
        hash: 'd'.repeat(64),
        root: 'training_files',
        synthetic: true,
        pairing: 'by-name',
        limit: 64,
        weights: {},
        photos,
      },
      size: SIZE,
      crop: CROP,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      augment: { flip: 0, brightness: 0, contrast: 0, rotation: 0 },
      cacheSha256: '0'.repeat(64),
    };
    await this.write('runs/test/cache-index.json', JSON.stringify(index));
    const bytes = photos.map(({ file }) => Uint8Array.from(seeded(file, SIZE * SIZE * 3, (u) => 256 * u)));
    await this.write('.emo-aen/cache/photos/photos.bin', Buffer.concat(bytes));
  }
}

const EVALUATION: Evaluation = {
  version: 2,
  split: 'test',
  checkpointSha256: '',
  device: 'CPU',
  pairwiseAccuracy: { value: 0.75, low: 0.3, high: 0.95, count: 4 },
  loss: { kind: 'hinge', value: 0.1 },
  kendallTauB: 0.5,
  folders: [],
  latency: { runs: 1, medianMs: 1, p95Ms: 1 },
  scores: [],
  weights: 'random (seeded)',
};

const LEDGER: Ledger = {
  version: 1,
  run: 'test',
  pipeline: 'emo-aen',
  file: 'configs/pipeline.yaml',
  planHash: 'a'.repeat(64),
  state: 'running',
  until: null,
  number: 1,
  startedAt: '2026-01-02T03:04:05Z',
  endedAt: null,
  tasks: [
    {
      plan: PlannedTask.parse({
        name: 'train',
        stage: 5,
        uses: 'train',
        version: 1,
        outside: false,
        needs: [],
        queue: 'gpu',
        kind: 'train',
        settings: { seed: 5 },
        settingsFiles: [{ path: 'configs/train.yaml', sha256: 'b'.repeat(64) }],
        reads: [],
        provides: [],
        timeoutMs: 1000,
        heartbeatMs: null,
        retry: { attempts: 1, backoffMs: 1 },
      }),
      state: 'done',
      attempts: 1,
      reason: '',
      fingerprint: null,
      startedAt: null,
      endedAt: null,
      failure: null,
      output: null,
      fromRun: null,
      approved: null,
    },
  ],
  events: [],
};
