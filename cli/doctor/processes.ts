/** The processes of the project and the server they use. */
import { Problem } from '../../configs/problem.js';
import { ATTRIBUTE_NAMES, ATTRIBUTE_TYPE } from '../../workflows/attribute-keys.js';
import { missingAttributes } from '../../workers/attributes.js';
import { isAlive } from '../../workers/processes/identity.js';
import { runningProcesses } from '../../workers/up.js';
import { MANY_DEATHS } from '../../workers/processes/pauses.js';
import { findRecord, isSupervised, PROCESS_NAMES, type ProcessRecord } from '../../workers/processes/record.js';
import { connectTemporal, usesOwnServer } from '../../workers/temporal.js';
import type { Finding } from './finding.js';

export async function processFindings(root: string): Promise<Finding[]> {
  const running = await runningProcesses(root);
  const names = PROCESS_NAMES.filter((name) => name !== 'ui' && (name !== 'server' || !usesOwnServer()));
  const records = new Map(await Promise.all(PROCESS_NAMES.map(async (name) => [name, await findRecord(root, name)] as const)));
  const processes = names.map((name): Finding => {
    const known = records.get(name) ?? null;
    const record = running.find((candidate) => candidate.name === name);
    const title = name === 'server' ? 'Temporal server' : `${name} worker`;
    const found = record === undefined ? 'not running' : `pid ${record.process.pid} since ${record.startedAt}, ${record.target}`;
    const trouble = troubleOf(known);
    if (trouble !== null)
      return { id: `process-${name}`, title, found: `${found}; ${trouble.found}`, ok: false, needed: false, cure: trouble.cure };
    return {
      id: `process-${name}`,
      title,
      found,
      ok: record !== undefined,
      needed: false,
      cure: record === undefined ? 'emo-aen up' : null,
    };
  });
  const serverExpected = usesOwnServer() || running.some(({ name }) => name === 'server');
  return serverExpected ? [...processes, ...(await connection(root))] : processes;
}

/** What a person should know of a process that ended, or that nobody would start again. */
function troubleOf(record: ProcessRecord | null): { readonly found: string; readonly cure: string } | null {
  if (record === null || record.log === null) return null;
  const { deaths, log } = record;
  if (deaths !== null && deaths.count >= MANY_DEATHS)
    return {
      found: `it ended ${deaths.count} times in a row, last with ${deaths.how}`,
      cure: `read ${log}, mend the cause, then emo-aen up`,
    };
  if (deaths !== null && deaths.againAt !== null && isSupervised(record))
    return {
      found: `it ended (${deaths.how}) and is started again at ${deaths.againAt}`,
      cure: `emo-aen up starts it at once; ${log} may say why it ended`,
    };
  if (isAlive(record.process) && !isSupervised(record)) return { found: 'its supervisor is gone', cure: 'emo-aen up gives it a new one' };
  return null;
}

async function connection(root: string): Promise<Finding[]> {
  const about = { id: 'connection', title: 'Temporal answers', needed: true };
  try {
    const link = await connectTemporal(root);
    const missing = await missingAttributes(link);
    await link.close();
    return [{ ...about, found: `${link.address}, namespace ${link.namespace}`, ok: true, cure: null }, searchAttributes(missing)];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [{ ...about, found: error.message, ok: false, cure: error.cure ?? null }];
  }
}

function searchAttributes(missing: readonly string[]): Finding {
  const ok = missing.length === 0;
  return {
    id: 'search-attributes',
    title: 'search attributes',
    found: ok ? ATTRIBUTE_NAMES.join(', ') : `not registered: ${missing.join(', ')}; runs work without`,
    ok,
    needed: false,
    cure: ok
      ? null
      : missing.map((name) => `temporal operator search-attribute create --name ${name} --type ${ATTRIBUTE_TYPE}`).join(' && '),
  };
}
