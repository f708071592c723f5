/** Secrets planted by every way in, and everything that a run left behind searched for them: files, database, history, log, terminal. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Payload } from '@temporalio/common';
import { CLONE } from '../../configs/load/installation.js';
import { connectTemporal } from '../../workers/temporal.js';

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

/** What a task does with the secret `token`: a task of the pipeline for each. */
const WAYS: Readonly<Record<string, string>> = {
  progress: `context.progress({ message: 'with ' + token, unit: token }); return done;`,
  warning: `return { ...done, warnings: ['careful with ' + token] };`,
  summary: `return { ...done, summary: { text: token, basic: Buffer.from('user:' + token).toString('base64'), query: encodeURIComponent(token) } };`,
  output: `console.log('out', token); console.error({ token }); await promisify(execFile)('sh', ['-c', 'printf "%s\\\\n" "$TOKEN" >&2']); return done;`,
  inherited: `await once(spawn('sh', ['-c', 'echo "$TOKEN"; echo "$TOKEN" >&2'], { stdio: 'inherit' }), 'exit'); return done;`,
  text: `throw 'refused: ' + token;`,
  object: `throw { authorization: token, deep: { list: [token] } };`,
  error: `throw new Error('refused ' + token);`,
  cause: `throw new Error('outer', { cause: new TypeError('inner ' + token, { cause: 'text ' + token }) });`,
  several: `throw new AggregateError([new Error(token), token, { token }], 'all: ' + token);`,
  problem: `throw new Problem({ code: 'DATASET', message: 'm ' + token, where: 'w ' + token, cure: 'c ' + token, cause: new Error(token) });`,
  unknown: `throw new Problem({ code: token, message: 'm ' + token });`,
  long: `throw new Error('x'.repeat(16 * 1024 - 70) + token);`,
  awaited: `void Promise.reject(new Error('nobody awaits ' + token)); await new Promise(() => {});`,
  exit: `console.error('last words ' + token); await new Promise((resolve) => process.stderr.write('', resolve)); process.exit(3);`,
  garbage: `writeSync(3, 'no message: ' + JSON.stringify(token) + '\\n'); await new Promise(() => {});`,
  wrong: `return { artifacts: [], summary: { list: [token] }, warnings: [token] };`,
};

const ACTIVITY = `import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { defineActivity, Problem, z } from 'emo-aen/activity';
const done = { artifacts: [], summary: {} };
export default defineActivity({
  stage: 3,
  settings: z.strictObject({ way: z.string() }),
  async run(context) {
    const token = context.secret('TOKEN');
    switch (context.settings.way) {
${Object.entries(WAYS)
  .map(([way, body]) => `      case '${way}': { ${body} }`)
  .join('\n')}
    }
  },
});
`;

describe('secrets planted by every way in', function () {
  this.timeout(180_000);
  const token = `sk "${randomBytes(9).toString('hex')}" it's/${randomBytes(9).toString('hex')}`;
  const signature = randomBytes(20).toString('hex');
  const password = randomBytes(12).toString('hex');
  let root: string;
  let server: Server;
  let env: NodeJS.ProcessEnv;
  let said = '';

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-secrets-'));
    server = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = (server.address() as AddressInfo).port;
    const { TEMPORAL_ADDRESS: _, TEMPORAL_NAMESPACE: __, ...rest } = process.env;
    const url = `http://me:${password}@127.0.0.1:${port}/w.safetensors?X-Amz-Signature=${signature}`;
    env = { ...rest, TOKEN: token, WEIGHTS_URL: url, no_proxy: '127.0.0.1' };
    await cp(join(CLONE, 'configs'), join(root, 'configs'), { recursive: true, filter: (path) => !path.endsWith('.ts') });
    await mkdir(join(root, 'node_modules'));
    await symlink(CLONE, join(root, 'node_modules', 'emo-aen'));
    await mkdir(join(root, 'activities', 'plant'), { recursive: true });
    await writeFile(join(root, 'activities', 'plant', 'activity.mjs'), ACTIVITY);
    const tasks = Object.keys(WAYS).map(
      (way) => `  ${way}: { uses: plant, env: [TOKEN], retry: { attempts: 1 }, set: { plant.way: ${way} } }`,
    );
    const weights = '{ source: "env:WEIGHTS_URL", sha256: null, onUnavailable: random }';
    const model = `  model: { uses: model, with: train.yaml, env: [WEIGHTS_URL], set: { train.model.weights: ${weights} } }`;
    await writeFile(join(root, 'configs', 'plant.yaml'), ['version: 1', 'name: plant', 'tasks:', ...tasks, model, ''].join('\n'));
  });
  after(async () => {
    await emoAen('down');
    server.close();
    await rm(root, { recursive: true, force: true });
  });

  async function emoAen(...args: string[]): Promise<number> {
    const child = spawn(process.execPath, [MAIN, ...args, '--root', root], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [code] = (await once(child, 'close')) as [number];
    return code;
  }

  /** In the forms in which it could be read by who looks for it. */
  const forms = [token, signature, password].flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    // The halves, which have no letter that anybody escapes.
    ...secret.split(/[^0-9a-f]+/).filter((part) => part.length >= 18),
  ]);
  const shownIn = (what: string, text: string): string[] => forms.flatMap((form) => (text.includes(form) ? [`${what}: ${form}`] : []));

  async function leftBehind(): Promise<Map<string, string>> {
    const files = new Map<string, string>();
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name).slice(root.length + 1);
      if (entry.isFile() && !/^(activities|configs|node_modules)\//.test(path)) files.set(path, await readFile(join(root, path), 'latin1'));
    }
    return files;
  }

  /** Every payload of the run's history, as this project's client decodes it, and all else that the history says. */
  async function history(): Promise<string> {
    const link = await connectTemporal(root, env);
    try {
      const found: string[] = [];
      for await (const { workflowId } of link.client.workflow.list()) {
        const { events } = await link.client.workflow.getHandle(workflowId).fetchHistory();
        for (const payload of payloadsIn(events)) {
          let [decoded] = [payload];
          for (const codec of link.client.options.loadedDataConverter.payloadCodecs) [decoded = payload] = await codec.decode([decoded]);
          found.push(Buffer.from(decoded.data ?? []).toString());
        }
        found.push(JSON.stringify(events));
      }
      return found.join('\n');
    } finally {
      await link.close();
    }
  }

  it('are in nothing that the run left behind or showed, though every task that had them did what it should', async () => {
    assert.equal(await emoAen('run', '--pipeline', 'configs/plant.yaml', '--name', 'planted'), 1);
    for (const args of [['status', 'planted'], ['status', 'planted', '--json'], ['logs', 'planted'], ['runs']]) await emoAen(...args);
    const decoded = await history();
    const live = await leftBehind();
    await emoAen('down');
    const files = await leftBehind();

    const log = files.get('.emo-aen/logs/cpu.log') ?? '';
    for (const text of [said, decoded, files.get('runs/planted/ledger.json') ?? '', log])
      assert.match(text, /<TOKEN>/, 'it was looked in the right place');
    const ledger = JSON.parse(files.get('runs/planted/ledger.json') ?? '') as { tasks: { plan: { name: string }; state: string }[] };
    const fine = ['progress', 'warning', 'summary', 'output', 'inherited', 'model'];
    assert.deepEqual(
      ledger.tasks.filter(({ state }) => state === 'done').map(({ plan }) => plan.name),
      fine,
    );
    assert.ok(ledger.tasks.filter(({ plan }) => !fine.includes(plan.name)).every(({ state }) => state === 'blocked'));
    assert.match(
      files.get('runs/planted/model.json') ?? [...files].find(([path]) => path.endsWith('model.json'))?.[1] ?? '',
      /is unavailable: http:..127.0.0.1/,
    );
    assert.ok(
      [...files.keys()].some((path) => path.endsWith('temporal.db')),
      'the database was searched',
    );

    const shown = [...live, ...files].flatMap(([path, text]) => shownIn(path, text));
    assert.deepEqual([...shown, ...shownIn('the terminal', said), ...shownIn('the history', decoded)], []);
  });
});

function payloadsIn(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  if ('metadata' in value && 'data' in value && value.data instanceof Uint8Array) return [value as Payload];
  return Object.values(value).flatMap(payloadsIn);
}
