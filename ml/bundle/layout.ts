/**
 * Where things lie in the bundle's folder:
 *
 *     versions/<version>/   the files of one version, whole from the moment the folder is there, and never changed
 *     current               a symbolic link to the folder of the version that is published
 *     manifest.json, emo_aen.onnx, emo_aen_int8.onnx, emo_aen.safetensors    links through `current`, under names that stay
 *
 * So one rename, that of `current`, replaces all of them at once: at no moment is one of them of another version than the others.
 * A reader that opens one after the other can still meet a change in between. It reads the manifest first and then files by the paths that
 * the manifest gives, which lead into the folder of a version and not through `current`, and checks their sha256.
 */
import type { ManifestFile } from '../../configs/schema/manifest.js';

export const MANIFEST = 'manifest.json';
export const VERSIONS = 'versions';
export const CURRENT = 'current';

/** By what the file is. */
export const FILE_NAMES = {
  fp32: 'emo_aen.onnx',
  int8: 'emo_aen_int8.onnx',
  'int8-weights': 'emo_aen_int8_weights.onnx',
  checkpoint: 'emo_aen.safetensors',
} as const satisfies Record<ManifestFile['name'], string>;

export const DOCUMENT_NAMES = {
  card: 'model-card.md',
  metrics: 'metrics.json',
  settings: 'settings.json',
  checksums: 'SHA256SUMS',
} as const;

/** What every version has, so that it can stand in the bundle's folder under a name that stays. The manifest is the last to get its name. */
export const STAYING_NAMES = [FILE_NAMES.fp32, FILE_NAMES.int8, FILE_NAMES.checkpoint, MANIFEST] as const;

/** Relative to the bundle's folder. */
export function versionFolder(version: string): string {
  return `${VERSIONS}/${version}`;
}
