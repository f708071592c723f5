/** Manifests of the first layout, as the current one: `emo-aen rank` goes on with what an earlier release published. */
import { z } from 'zod';

/** What the first layout promised of photos without saying it. */
const UNSAID = {
  orientation: 'exif',
  colourSpace: 'sRGB',
  channels: 'RGB',
  resizeSide: 'shortest',
  otherSide: 'floor',
  kernel: 'linear-antialiased',
  cropOffset: 'half-to-even',
} as const;

const NAMES: Readonly<Record<string, { readonly name: string; readonly runtimes: readonly string[] }>> = {
  onnx: { name: 'fp32', runtimes: ['native', 'wasm', 'webgpu'] },
  'onnx-int8': { name: 'int8', runtimes: ['native'] },
  checkpoint: { name: 'checkpoint', runtimes: [] },
};

/** Only what changes; the rest is checked where it arrives. */
const ManifestV1 = z.looseObject({
  format: z.literal(1),
  files: z.array(z.looseObject({ name: z.string() })),
  onnx: z.looseObject({ opset: z.int() }),
  input: z.looseObject({ preprocessing: z.looseObject({}) }),
});

export function upgraded(input: unknown): unknown {
  const old = ManifestV1.safeParse(input);
  if (!old.success) return input;
  const { files, onnx, input: photos, ...same } = old.data;
  return {
    ...same,
    format: 2,
    files: files.map((file) => ({
      ...file,
      ...NAMES[file.name],
      opset: file.name === 'checkpoint' ? null : onnx.opset,
      latency: [],
      accuracy: null,
    })),
    onnx,
    input: { ...photos, preprocessing: { ...UNSAID, ...photos.preprocessing } },
    testHash: null,
    licence: null,
    gitCommit: null,
    documents: null,
    scores: null,
    close: null,
  };
}
