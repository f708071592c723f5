/** Which function carries out which activity of the catalogue. Nothing heavy is loaded before one is asked for. */
import { CATALOG, type ActivityName } from '../configs/schema/catalog.js';
import { define, type TaskDefinition } from './definition.js';

export const FUNCTIONS: Readonly<Record<ActivityName, TaskDefinition>> = {
  provision: define(CATALOG.provision, async () => (await import('./environment/provision.js')).provision),
  audit: define(CATALOG.audit, async () => (await import('./dataset/audit.js')).audit),
  preprocess: define(CATALOG.preprocess, async () => (await import('./preprocessing/preprocess.js')).preprocess),
  model: define(CATALOG.model, async () => (await import('./model/model.js')).model),
  train: define(CATALOG.train, async () => (await import('./training/train.js')).train),
  evaluate: define(CATALOG.evaluate, async () => (await import('./evaluation/evaluate.js')).evaluate),
  export: define(CATALOG.export, async () => (await import('./export/export-onnx.js')).exportOnnx),
  quantize: define(CATALOG.quantize, async () => (await import('./export/quantize.js')).quantize),
  parity: define(CATALOG.parity, async () => (await import('./export/parity.js')).parity),
  publish: define(CATALOG.publish, async () => (await import('./export/publish.js')).publish),
  'archive-logs': define(CATALOG['archive-logs'], async () => (await import('./checklist/archive-logs.js')).archiveLogs),
  changelog: define(CATALOG.changelog, async () => (await import('./checklist/changelog.js')).changelog),
  checklist: define(CATALOG.checklist, async () => (await import('./checklist/checklist.js')).checklist),
};
