import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, copyFile, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../../workers/server/start.js';
import { connectTemporal, embeddedServer } from '../../../workers/temporal.js';
import { bringDown } from '../../../workers/up.js';
import { choosePorts } from '../../../workers/server/ports.js';
import { serverArguments, serverEnvironment, temporalProgram } from '../../../workers/server/program.js';
import { answering } from '../../workflows/dev-server.js';

describe('the embedded Temporal server, whatever surrounds it,', function () {
  this.timeout(60_000);
  let root: string;
  let before: NodeJS.ProcessEnv;
  beforeEach(async () => {
    before = { ...process.env };
    root = await mkdtemp(join(tmpdir(), 'emo-aen-surroundings-'));
  });
  afterEach(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    await bringDown(root);
    await rm(root, { recursive: true, force: true });
  });

  it('is asked on loopback without the proxy that the environment names', async () => {
    for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'grpc_proxy']) process.env[name] = 'http://127.0.0.1:9';
    await startServer(root);
    await (await connectTemporal(root, {})).close();
  });

  it("starts whatever is said to the `temporal` command: its variables, and its person's files", async () => {
    const home = join(root, 'home');
    await mkdir(join(home, '.config/temporalio'), { recursive: true });
    for (const name of ['temporal.yaml', 'temporal.toml']) await writeFile(join(home, '.config/temporalio', name), 'neither: { nor [');
    Object.assign(process.env, { HOME: home, TEMPORAL_ENV: 'prod', TEMPORAL_ENV_FILE: join(home, 'nowhere'), TEMPORAL_TLS: 'true' });
    await startServer(root);
    await (await connectTemporal(root, {})).close();
  });

  it('gets a name and a home where the account has none, and keeps those that it has', () => {
    assert.deepEqual(serverEnvironment('/p', { PATH: '/bin' }), { USER: 'emo-aen', HOME: '/p/.emo-aen', PATH: '/bin' });
    assert.deepEqual(serverEnvironment('/p', { USER: 'ann', HOME: '/home/ann', TEMPORAL_ENV: 'prod' }), { USER: 'ann', HOME: '/home/ann' });
  });

  it('refuses every request to its HTTP API, as a web page or another account can send them', async () => {
    const { process: server } = await startServer(root);
    const link = await connectTemporal(root, {});
    assert.equal(link.uiUrl, null);
    const open = await listeningPorts(server.pid);
    assert.ok(open.length >= 2, `ports ${open.join(', ')}`);
    for (const port of open)
      for (const host of [`127.0.0.1:${port}`, 'localhost', 'evil.example', '', '[::1]'])
        for (const [method, path] of [
          ['GET', '/api/v1/namespaces'],
          ['POST', '/api/v1/namespaces/default/workflows/emo-aen-pwned'],
        ] as const)
          assert.notEqual(await statusOf(port, method, path, host), 200, `${method} ${path} of port ${port} as ${host}`);
    await assert.rejects(link.client.workflow.getHandle('emo-aen-pwned').describe(), { name: 'WorkflowNotFoundError' });
    await link.close();
  });

  it('starts for an account without an entry in /etc/passwd', async function () {
    if (process.getuid?.() !== 0) this.skip(); // only root may become another account
    assert.doesNotMatch(await readFile('/etc/passwd', 'utf8'), new RegExp(`:${NOBODY_KNOWN}:`));
    const program = join(root, 'temporal'); // that of set-up may lie in a folder that is root's own
    await copyFile((await temporalProgram()).program, program);
    await mkdir(join(root, '.emo-aen'));
    const ports = await choosePorts(root, {});
    for (const path of [root, program, join(root, '.emo-aen')]) await chown(path, NOBODY_KNOWN, NOBODY_KNOWN);
    const env = serverEnvironment(root, { PATH: process.env['PATH'] });
    const server = spawn(program, serverArguments(ports, false), { cwd: root, env, uid: NOBODY_KNOWN, gid: NOBODY_KNOWN, stdio: 'ignore' });
    const ended = once(server, 'exit');
    try {
      await Promise.race([answering(embeddedServer(ports).address), ended.then(() => assert.fail('the server ended at once'))]);
    } finally {
      server.kill('SIGKILL');
      await ended;
    }
  });
});

const NOBODY_KNOWN = 12_345;

/** What a process listens on, as the kernel tells it. */
async function listeningPorts(pid: number): Promise<number[]> {
  const links = await Promise.all((await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
  const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const rows = (await readFile(`/proc/${pid}/net/tcp`, 'utf8')).split('\n').map((row) => row.trim().split(/\s+/));
  const LISTENING = '0A';
  return rows.flatMap(([, local = '', , state, , , , , , inode = '']) =>
    state === LISTENING && inodes.has(inode) ? [parseInt(local.split(':')[1] ?? '', 16)] : [],
  );
}

function statusOf(port: number, method: string, path: string, host: string): Promise<number> {
  return new Promise((resolve) => {
    const headers = { Host: host, Origin: 'https://evil.example', 'Content-Type': 'text/plain' };
    const sent = request({ hostname: '127.0.0.1', port, method, path, headers, setHost: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', () => resolve(0)); // it speaks no HTTP
    sent.on('timeout', () => sent.destroy());
    sent.end(method === 'POST' ? '{"workflowType":{"name":"pipeline"},"taskQueue":{"name":"cpu"}}' : undefined);
  });
}
