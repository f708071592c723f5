/** The method's checklist for a run, each item proved from the disk as it is now (method §8, design §4). */
import type { Checklist, ChecklistItem } from '../../configs/schema/checklist.js';
import type { Ledger } from '../../configs/schema/ledger.js';
import { proveDataset } from './dataset.js';
import { proveDocs } from './docs.js';
import type { Audit, Findings } from './evidence.js';
import { proveLogs } from './logs.js';
import { proveModels } from './models.js';
import { provePreprocess } from './preprocess.js';

interface Item {
  readonly id: ChecklistItem['id'];
  readonly title: string;
  readonly prove: (audit: Audit) => Promise<Findings>;
}

const ITEMS: readonly Item[] = [
  { id: 'dataset', title: 'Dataset validated and splits locked', prove: proveDataset },
  { id: 'preprocess', title: 'Preprocessing config committed', prove: provePreprocess },
  { id: 'logs', title: 'Training logs archived in the Weights & Biases project', prove: proveLogs },
  { id: 'models', title: 'Best checkpoint and ONNX exports stored', prove: proveModels },
  { id: 'docs', title: 'Documentation updated with metrics and configuration', prove: proveDocs },
];

export type AuditOptions = Partial<Pick<Audit, 'onPhoto' | 'signal'>>;

/**
 * Reads, and changes nothing. What is wrong is an item that is not done, never an exception.
 * @param root absolute project root.
 */
export async function auditRun(root: string, ledger: Ledger, options: AuditOptions = {}): Promise<Checklist> {
  const audit: Audit = { root, ledger, onPhoto: () => undefined, signal: new AbortController().signal, ...options };
  const items: ChecklistItem[] = await Promise.all(
    ITEMS.map(async ({ id, title, prove }) => {
      const { evidence, missing } = await prove(audit);
      return { id, title, done: missing.length === 0, evidence, missing };
    }),
  );
  return { run: ledger.run, complete: items.every(({ done }) => done), items };
}
