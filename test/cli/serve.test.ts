import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invoke } from './invoke.js';
import { serve, type Serving } from './serving.js';

/** The path as it is: `fetch` would tidy it up first. */
function rawStatus(url: string, path: string, host?: string): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, ...(host === undefined ? {} : { headers: { Host: host } }) }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('emo-aen serve', () => {
  let root: string;
  let serving: Serving;
  const get = (path: string, options?: RequestInit): Promise<Response> => fetch(new URL(path, serving.url), options);
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-serve-'));
    await mkdir(join(root, 'models/versions/1.0.0-abc'), { recursive: true });
    await writeFile(join(root, 'models/versions/1.0.0-abc/emo_aen.onnx'), 'a model');
    await writeFile(join(root, 'models/manifest.json'), '{}');
    await writeFile(join(root, 'secret.txt'), 'secret');
    await symlink(join(root, 'secret.txt'), join(root, 'models/link.txt'));
    serving = await serve(root);
  });
  after(async () => {
    await serving?.end();
    await rm(root, { recursive: true });
  });

  it('listens on loopback alone and says where, also in JSON', () => {
    assert.match(serving.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*\/$/);
    assert.equal(serving.answer.host, '127.0.0.1');
  });

  it('answers under addresses and localhost alone: no web page reaches it by a name of its own', async () => {
    const { port } = new URL(serving.url);
    for (const [host, status] of [
      [`127.0.0.1:${port}`, 200],
      [`localhost:${port}`, 200],
      ['[::1]', 200],
      ['evil.example', 421],
      [`127.0.0.1.evil.example:${port}`, 421],
      [`localhost.evil.example:${port}`, 421],
    ] as const)
      assert.equal(await rawStatus(serving.url, '/models/manifest.json', host), status, host);
  });

  it('says that the manifest it found is none, and serves all the same', () => {
    assert.equal(serving.answer.version, null);
    assert.match(serving.said(), /not a manifest that this version of emo-aen understands/);
  });

  for (const [path, type, cached] of [
    ['/', 'text/html; charset=utf-8', 'no-cache'],
    ['/service-worker.js', 'text/javascript; charset=utf-8', 'no-cache'],
    ['/icon.svg', 'image/svg+xml', 'no-cache'],
    ['/models/manifest.json', 'application/json; charset=utf-8', 'no-cache'],
    ['/models/versions/1.0.0-abc/emo_aen.onnx', 'application/octet-stream', 'public, max-age=31536000, immutable'],
  ] as const)
    it(`serves ${path} as what it is, to be kept as long as its name allows`, async () => {
      const response = await get(path);
      assert.deepEqual([response.status, response.headers.get('content-type'), response.headers.get('cache-control')], [200, type, cached]);
    });

  it('gives every answer, also a refusal, the headers that keep the page apart and closed', async () => {
    for (const path of ['/', '/absent'])
      for (const [name, value] of [
        ['content-security-policy', /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';.*connect-src 'self'/],
        ['cross-origin-opener-policy', /^same-origin$/],
        ['cross-origin-embedder-policy', /^require-corp$/],
        ['cross-origin-resource-policy', /^same-origin$/],
        ['x-content-type-options', /^nosniff$/],
      ] as const)
        assert.match((await get(path)).headers.get(name) ?? '', value, `${path} ${name}`);
    assert.doesNotMatch((await get('/')).headers.get('content-security-policy') ?? '', /unsafe-inline|'unsafe-eval'/);
  });

  it('answers HEAD with the length and no body, and what is known already with 304', async () => {
    const head = await get('/models/manifest.json', { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '2', '']);
    const again = await get('/models/manifest.json', { headers: { 'If-None-Match': head.headers.get('etag') ?? '' } });
    assert.equal(again.status, 304);
  });

  it('refuses everything but GET and HEAD', async () => {
    const response = await get('/', { method: 'POST', body: 'photo' });
    assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET, HEAD']);
  });

  for (const path of [
    '/../package.json',
    '/models/../secret.txt',
    '/models/..%2fsecret.txt',
    '/models/%2e%2e/secret.txt',
    '/models/versions/..%5c..%5csecret.txt',
    '/models//../../secret.txt',
    '/%00',
    '/%',
    '/models/link.txt',
    '/models/versions',
    '/models/.hidden',
    '//etc/passwd',
    'http://elsewhere.test/etc/passwd',
  ])
    it(`gives nothing for ${path}`, async () => assert.ok([400, 404].includes(await rawStatus(serving.url, path))));

  it('says that the port is taken, without a stack trace', async () => {
    const { code, stderr } = await invoke('serve', '--root', root, '--port', new URL(serving.url).port);
    assert.equal(code, 1);
    assert.match(stderr, /^error: 127\.0\.0\.1:\d+: something listens on this port already\n {2}cure: .*--port 0\n$/);
  });

  it('refuses a port and a host that are none', async () => {
    assert.match((await invoke('serve', '--root', root, '--port', '65536')).stderr, /a whole number from 0 to 65535/);
    const { code, stderr } = await invoke('serve', '--root', root, '--port', '0', '--host', '192.0.2.1');
    assert.equal(code, 2);
    assert.match(stderr, /this machine has no such address/);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    it(`ends well on ${signal}, though a visitor keeps a connection open`, async () => {
      const other = await serve(root);
      await (await fetch(other.url)).text();
      assert.equal(await other.end(signal), 0);
    });
});
