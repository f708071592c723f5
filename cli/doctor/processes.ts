/** The processes of the project and the server they use. */
import { Problem } from '../../configs/problem.js';
import { ATTRIBUTE_NAMES, ATTRIBUTE_TYPE } from '../../workflows/attribute-keys.js';
import { missingAttributes } from '../../workers/attributes.js';
import { runningProcesses } from '../../workers/up.js';
import { PROCESS_NAMES } from '../../workers/processes/record.js';
import { connectTemporal, usesOwnServer } from '../../workers/temporal.js';
import type { Finding } from './finding.js';

export async function processFindings(root: string): Promise<Finding[]> {
  const running = await runningProcesses(root);
  const names = usesOwnServer() ? PROCESS_NAMES.filter((name) => name !== 'server') : PROCESS_NAMES;
  const processes = names.map((name): Finding => {
    const record = running.find((candidate) => candidate.name === name);
    const title = name === 'server' ? 'Temporal server' : `${name} worker`;
    const found = record === undefined ? 'not running' : `pid ${record.process.pid} since ${record.startedAt}, ${record.target}`;
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
