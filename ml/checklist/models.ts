/** Item 4: best checkpoint and ONNX exports stored in the published folder: they are this run's, and they load. */
import { join, posix } from 'node:path';
import { Manifest, type ManifestFile } from '../../configs/schema/manifest.js';
import { withSession } from '../onnx/session.js';
import { readSafetensors } from '../weights/safetensors.js';
import { readRecord } from '../files/record.js';
import { finishedTask, noFindings, proveFile, proveJson, type Audit, type Findings, type FinishedTask } from './evidence.js';

/** Which artifact is published as a file, which task makes it where that is known, and as which artifact it has a name that stays, where it has one. */
const MADE_BY: Readonly<Record<ManifestFile['name'], readonly [artifact: string, uses: string | null, published: string | null]>> = {
  fp32: ['onnx', 'export', 'published-onnx'],
  int8: ['onnx-int8', 'quantize', 'published-onnx-int8'],
  'int8-weights': ['onnx-int8-weights', null, null],
  checkpoint: ['best-checkpoint', 'train', 'published-checkpoint'],
};

export async function proveModels(audit: Audit): Promise<Findings> {
  const findings = noFindings();
  const task = finishedTask(audit, 'publish', findings);
  const parity = finishedTask(audit, 'parity', findings);
  if (task === null || parity === null) return findings;
  const place = task.artifact('manifest');
  const manifest = await proveJson(audit, place, Manifest, findings);
  if (manifest === null) {
    const other = await publisherOf(join(audit.root, place.path));
    if (other !== null && other !== audit.ledger.run) findings.missing.push(`${place.path} is now that of run ${other}`);
    return findings;
  }
  for (const file of manifest.files) {
    const path = posix.join(posix.dirname(place.path), file.path);
    const sound = await provePublished(audit, { ...file, path }, task, findings);
    if (sound) await proveLoads(audit.root, { ...file, path }, manifest, findings);
  }
  for (const file of Object.values(manifest.documents ?? {}))
    await proveFile(audit, { ...file, path: posix.join(posix.dirname(place.path), file.path) }, findings);
  return findings;
}

/** The file that the manifest names, and the one under the name that stays: both hold what the run made. */
async function provePublished(audit: Audit, file: ManifestFile, publish: FinishedTask, findings: Findings): Promise<boolean> {
  const [artifact, uses, published] = MADE_BY[file.name];
  const maker = uses === null ? makerOf(audit, artifact, findings) : finishedTask(audit, uses, findings);
  const staying = published === null ? null : publish.artifact(published);
  if (staying !== null && staying.path !== file.path) await proveFile(audit, staying, findings);
  for (const made of [...(staying === null ? [] : [staying]), ...(maker === null ? [] : [maker.artifact(artifact)])])
    if (made.sha256 !== file.sha256) findings.missing.push(`${file.path} is not ${made.path} that the run made`);
  return proveFile(audit, file, findings);
}

/** The task that made an artifact which several activities could make. */
function makerOf(audit: Audit, artifact: string, findings: Findings): FinishedTask | null {
  const maker = audit.ledger.tasks.find(({ output }) => output?.artifacts.some(({ name }) => name === artifact) === true);
  if (maker !== undefined) return finishedTask(audit, maker.plan.uses, findings);
  findings.missing.push(`no task of the run made ${artifact}, which is published`);
  return null;
}

/** Opens the model as a client would. Only called with bytes whose hash is right. */
async function proveLoads(root: string, { name, path }: ManifestFile, manifest: Manifest, findings: Findings): Promise<void> {
  try {
    if (name === 'checkpoint') {
      const { tensors } = await readSafetensors(join(root, path));
      findings.evidence.push(`${path} loads: ${tensors.size} tensors`);
      return;
    }
    const names = await withSession(join(root, path), { threads: 1 }, (session) => Promise.resolve([...session.outputNames]));
    const absent = manifest.outputs.filter((output) => !names.includes(output.name)).map((output) => output.name);
    if (absent.length > 0) findings.missing.push(`${path} has no output ${absent.join(', ')}`);
    else findings.evidence.push(`${path} loads in onnxruntime: outputs ${names.join(', ')}`);
  } catch (error) {
    findings.missing.push(`${path} does not load: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The run that the manifest names; null where it cannot be read. */
async function publisherOf(path: string): Promise<string | null> {
  const found = await readRecord(path, Manifest);
  return found.is === 'sound' ? found.value.run : null; // that it is not what was made has been told
}
