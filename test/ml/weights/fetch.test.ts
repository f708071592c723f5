import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Problem, type ProblemCode } from '../../../configs/problem.js';
import { tryLock } from '../../../ml/files/lock.js';
import { download } from '../../../ml/weights/download.js';
import { forgetWeights, obtainWeights, type WeightsRequest } from '../../../ml/weights/fetch.js';

const BODY = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31 + (index >> 8)) % 256));
const SHA256 = createHash('sha256').update(BODY).digest('hex');

describe('obtaining weights', () => {
  let root: string;
  let server: Server;
  let url: string;
  let requests: IncomingMessage[];
  /** What the server does with a request. */
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-weights-'));
    requests = [];
    answer = serveRanges;
    server = createServer((request, response) => {
      requests.push(request);
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/net-1a2b.pth?download=1`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(root, { recursive: true });
  });

  const cacheFolder = (): string => join(root, 'cache');
  const obtain = (changes: Partial<WeightsRequest> = {}): ReturnType<typeof obtainWeights> =>
    obtainWeights({
      source: url,
      sha256: SHA256,
      root,
      cacheFolder: cacheFolder(),
      signal: new AbortController().signal,
      progress: () => undefined,
      ...changes,
    });

  it('downloads once, then serves from the cache', async () => {
    const first = await obtain({ sha256: SHA256.slice(0, 8) });
    assert.equal(first.sha256, SHA256);
    assert.deepEqual(await readFile(first.file), BODY);
    assert.match(first.warnings.join(), /the 8 digits of model\.weights\.sha256 do not say for sure/);
    assert.deepEqual(await obtain(), { ...first, warnings: [] });
    assert.equal(requests.length, 1);
    assert.equal((await readdir(cacheFolder())).length, 1);
  });

  it('resumes where the connection broke, and the whole has the right hash', async () => {
    answer = breakAfter(100_000);
    await assert.rejects(obtain(), problem('UNREACHABLE'));
    const arrived = requests.length;
    answer = serveRanges;
    assert.deepEqual(await readFile((await obtain()).file), BODY);
    const resumed = requests[arrived];
    assert.match(String(resumed?.headers.range), /^bytes=[1-9]\d*-$/);
    assert.equal(resumed?.headers['if-range'], '"v1"');
    assert.equal((await readdir(cacheFolder())).length, 1);
  });

  it('leaves alone what another process is writing, and takes it over once that process has ended', async () => {
    answer = breakAfter(100_000);
    await assert.rejects(obtain(), problem('UNREACHABLE'));
    const [left] = await readdir(cacheFolder());
    const theirs = join(cacheFolder(), String(left));
    const held = await open(theirs);
    try {
      assert.ok(await tryLock(held.fd));
      answer = serveRanges;
      const { file } = await obtain();
      assert.equal(requests.at(-1)?.headers.range, undefined);
      assert.ok((await readdir(cacheFolder())).includes(String(left)));
      await rm(file);
    } finally {
      await held.close(); // as the kernel does for a process that ends
    }
    assert.deepEqual(await readFile((await obtain()).file), BODY);
    assert.match(String(requests.at(-1)?.headers.range), /^bytes=[1-9]\d*-$/);
    assert.equal((await readdir(cacheFolder())).length, 1);
  });

  it('takes no link, pipe or folder for what arrived before', async () => {
    answer = breakAfter(100_000);
    await assert.rejects(obtain(), problem('UNREACHABLE'));
    const [left] = await readdir(cacheFolder());
    const place = join(cacheFolder(), String(left));
    await rename(place, join(root, 'elsewhere'));
    answer = serveRanges;
    const makers = [
      () => symlink(join(root, 'elsewhere'), place),
      () => Promise.resolve(void spawnSync('mkfifo', [place])),
      () => mkdir(place),
    ];
    for (const make of makers) {
      await make();
      const { file } = await obtain();
      assert.equal(requests.at(-1)?.headers.range, undefined);
      await rm(file);
      await rm(place, { recursive: true });
    }
  });

  it('starts anew where the file has changed on the server', async () => {
    answer = breakAfter(100_000);
    await assert.rejects(obtain(), problem('UNREACHABLE'));
    answer = (_, response) => response.writeHead(200, { etag: '"v2"', 'content-length': BODY.length }).end(BODY);
    assert.deepEqual(await readFile((await obtain()).file), BODY);
    assert.equal((await readdir(cacheFolder())).length, 1);
  });

  it('starts anew where the server cannot serve the rest', async () => {
    answer = breakAfter(100_000);
    await assert.rejects(obtain(), problem('UNREACHABLE'));
    answer = (request, response) =>
      void (request.headers.range === undefined ? serveRanges(request, response) : response.writeHead(416).end());
    assert.deepEqual(await readFile((await obtain()).file), BODY);
  });

  it('keeps nothing of a file with the wrong hash, and names both', async () => {
    const expected = '0'.repeat(64);
    await assert.rejects(obtain({ sha256: expected }), (error) => {
      assert.ok(problem('WEIGHTS')(error));
      assert.match((error as Problem).message, new RegExp(SHA256));
      assert.match((error as Problem).message, new RegExp(expected));
      return true;
    });
    assert.deepEqual(await readdir(cacheFolder()), []);
  });

  it('fetches again what was damaged in the cache', async () => {
    const { file } = await obtain();
    await writeFile(file, 'damaged');
    assert.deepEqual(await readFile((await obtain()).file), BODY);
    assert.equal(requests.length, 2);
  });

  it('says that the server is busy, has no such file, or is not there', async () => {
    answer = (_, response) => response.writeHead(503).end();
    await assert.rejects(obtain(), problem('UNREACHABLE'));
    answer = (_, response) => response.writeHead(404).end();
    await assert.rejects(obtain(), problem('NOT_FOUND'));
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(obtain(), problem('UNREACHABLE'));
  });

  it('stops when it is told to, with the reason, and keeps what arrived', async () => {
    const controller = new AbortController();
    answer = (_, response) => {
      response.writeHead(200, { etag: '"v1"', 'content-length': BODY.length * 10 });
      response.write(Buffer.concat(Array.from({ length: 9 }, () => BODY)));
    };
    const reason = new Error('cancelled');
    const stopped = obtain({ signal: controller.signal, progress: () => controller.abort(reason) });
    await assert.rejects(stopped, (error) => error === reason);
    assert.match(String(await readdir(cacheFolder())), /\.[0-9a-f]{12}\..*\.part$/);
  });

  it('goes through the proxy that the environment names', async () => {
    const asked: string[] = [];
    const proxy = createServer().listen(0, '127.0.0.1');
    proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
      asked.push(String(request.url));
      const upstream = connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      for (const end of [socket, upstream]) end.on('error', () => undefined);
    });
    await once(proxy, 'listening');
    const before = process.env['http_proxy'];
    process.env['http_proxy'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      const { sha256 } = await obtain({ source: 'http://weights.invalid/net.pth' });
      assert.equal(sha256, SHA256);
      assert.deepEqual(asked, ['weights.invalid:80']);
    } finally {
      restore('http_proxy', before);
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('goes past the proxy where NO_PROXY says so', async () => {
    const { http_proxy: proxy, no_proxy: without } = process.env;
    Object.assign(process.env, { http_proxy: 'http://127.0.0.1:9', no_proxy: '127.0.0.1' });
    try {
      assert.equal((await obtain()).sha256, SHA256);
    } finally {
      restore('http_proxy', proxy);
      restore('no_proxy', without);
    }
  });

  it('follows a redirection, as of a hub to its store, and resumes there', async () => {
    const redirect =
      (then: typeof answer): typeof answer =>
      (request, response) =>
        String(request.url).startsWith('/store')
          ? then(request, response)
          : void response.writeHead(302, { location: '/store/file' }).end();
    answer = redirect(breakAfter(100_000));
    await assert.rejects(obtain(), problem('UNREACHABLE'));
    answer = redirect(serveRanges);
    assert.deepEqual(await readFile((await obtain()).file), BODY);
    assert.deepEqual([requests.at(-1)?.url, requests.at(-1)?.headers['if-range']], ['/store/file', '"v1"']);
    assert.ok(requests.at(-1)?.headers.range !== undefined);
  });

  it('outlives a server that closes the connection behind a body of unsaid length', async () => {
    const closing = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
        socket.end(BODY);
      });
    }).listen(0, '127.0.0.1');
    await once(closing, 'listening');
    try {
      const { port } = closing.address() as AddressInfo;
      for (let time = 0; time < 20; time++) {
        const { file } = await obtain({ source: `http://127.0.0.1:${port}/net.pth?time=${time}` });
        assert.deepEqual(await readFile(file), BODY);
      }
    } finally {
      closing.close();
    }
  });

  it('keeps nothing of an empty answer', async () => {
    for (const status of [200, 204]) {
      answer = (_, response) => void response.writeHead(status, { etag: '"v1"' }).end();
      await assert.rejects(obtain({ sha256: null }), problem('UNREACHABLE'));
    }
    answer = serveRanges;
    assert.deepEqual(await readFile((await obtain({ sha256: null })).file), BODY);
  });

  it('fetches again what turned out to be no weights, unless its whole hash says that it is the file that was meant', async () => {
    answer = (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Log in</title>');
    const page = await obtain({ sha256: null });
    await forgetWeights({ source: url, sha256: null }, page);
    answer = serveRanges;
    const weights = await obtain({ sha256: null });
    assert.equal(weights.sha256, SHA256);
    await forgetWeights({ source: url, sha256: SHA256 }, weights);
    assert.deepEqual(await readFile(weights.file), BODY);
  });

  it('starts anew where the rest is of another file, or the whole has another length', async () => {
    for (const [etag, length] of [
      ['"v2"', BODY.length],
      ['"v1"', BODY.length + 1],
    ] as const) {
      answer = breakAfter(100_000);
      await assert.rejects(obtain(), problem('UNREACHABLE'));
      answer = (request, response) => {
        const from = /^bytes=(\d+)-$/.exec(String(request.headers.range))?.[1];
        if (from === undefined) return serveRanges(request, response);
        response.writeHead(206, { etag, 'content-range': `bytes ${from}-${length - 1}/${length}` }).end(BODY.subarray(Number(from)));
      };
      const { file } = await obtain();
      assert.deepEqual(await readFile(file), BODY);
      await rm(file);
    }
  });

  it('unpacks an answer that is coded though it was not asked to be, and never resumes one', async () => {
    const packed = gzipSync(BODY);
    const headers = { etag: '"v1"', 'content-encoding': 'gzip', 'content-length': packed.length };
    answer = (_, response) => {
      response.writeHead(200, headers);
      response.write(packed.subarray(0, packed.length / 2), () => setImmediate(() => response.destroy()));
    };
    await assert.rejects(obtain(), problem('UNREACHABLE'));
    assert.deepEqual(await readdir(cacheFolder()), []);
    answer = (_, response) => void response.writeHead(200, headers).end(packed);
    assert.deepEqual(await readFile((await obtain()).file), BODY);
    assert.equal(requests.at(-1)?.headers.range, undefined);
  });

  it('refuses more than a file of weights can be, as soon as it is announced or comes', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 64 * 2 ** 30 });
      response.write(BODY);
    };
    await assert.rejects(obtain(), problem('WEIGHTS'));
    answer = (_, response) => {
      response.writeHead(200);
      const more = (): boolean => response.write(BODY, () => response.destroyed || more());
      more();
    };
    const { signal } = new AbortController();
    const endless = { url, folder: cacheFolder(), key: 'endless', signal, progress: () => undefined, most: 1_000_000 };
    await assert.rejects(
      download(endless, () => assert.fail('it came whole')),
      problem('WEIGHTS'),
    );
  });

  it('asks for the whole hash over plain http, and warns of less elsewhere', async () => {
    for (const sha256 of [null, SHA256.slice(0, 63)])
      await assert.rejects(obtain({ source: 'http://weights.invalid/net.pth', sha256 }), problem('CONFIGURATION'));
    assert.match((await obtain({ sha256: null })).warnings.join(), /nothing says which file .* must be: set model\.weights\.sha256/);
    assert.deepEqual((await obtain()).warnings, []);
  });

  it('follows no redirection from https to http', async function () {
    const [key, certificate] = [join(root, 'key.pem'), join(root, 'certificate.pem')];
    const how = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout', key, '-out', certificate];
    if (spawnSync('openssl', how).status !== 0) return this.skip();
    const secure = createSecureServer({ key: await readFile(key), cert: await readFile(certificate) }, (_, response) => {
      response.writeHead(302, { location: url }).end();
    }).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const source = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/net.pth`;
      await assert.rejects(obtain({ source }), (error) => problem('WEIGHTS')(error) && /leads to http:/.test((error as Problem).message));
      assert.equal(requests.length, 0);
    } finally {
      restore('NODE_TLS_REJECT_UNAUTHORIZED', before);
      secure.close();
    }
  });

  it('takes a file by its path below the root, and leaves one with the wrong hash as it is', async () => {
    const file = join(root, 'mine.safetensors');
    await writeFile(file, BODY);
    assert.deepEqual(await obtain({ source: 'mine.safetensors', sha256: SHA256.slice(0, 12) }), { file, sha256: SHA256, warnings: [] });
    await assert.rejects(obtain({ source: file, sha256: '12345678' }), problem('WEIGHTS'));
    assert.deepEqual(await readFile(file), BODY);
    await assert.rejects(obtain({ source: 'absent.safetensors' }), problem('NOT_FOUND'));
  });
});

function problem(code: ProblemCode): (error: unknown) => boolean {
  return (error) => error instanceof Problem && error.code === code;
}

function restore(variable: string, value: string | undefined): void {
  if (value === undefined) delete process.env[variable];
  else process.env[variable] = value;
}

function serveRanges(request: IncomingMessage, response: ServerResponse): void {
  const from = /^bytes=(\d+)-$/.exec(String(request.headers.range))?.[1];
  if (from === undefined) return void response.writeHead(200, { etag: '"v1"', 'content-length': BODY.length }).end(BODY);
  const rest = BODY.subarray(Number(from));
  response.writeHead(206, {
    etag: '"v1"',
    'content-length': rest.length,
    'content-range': `bytes ${from}-${BODY.length - 1}/${BODY.length}`,
  });
  response.end(rest);
}

/** Sends so many bytes of the body and then breaks the connection. */
function breakAfter(bytes: number) {
  return (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { etag: '"v1"', 'content-length': BODY.length });
    response.write(BODY.subarray(0, bytes), () => setImmediate(() => response.destroy()));
  };
}
