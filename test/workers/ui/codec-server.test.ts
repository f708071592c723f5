import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Project } from '../../../workers/project/project.js';
import { sealCodec, UNSEALED } from '../../../workers/project/seal.js';
import { codecServer, codecToken } from '../../../workers/ui/codec-server.js';

const PROJECT: Project = { id: 'one', keys: [Buffer.alloc(32, 1)] };
const UI = 'http://127.0.0.1:8233';
const PATH = `/${codecToken(PROJECT)}/decode`;

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

describe('the codec endpoint', () => {
  let server: Server;
  before(async () => {
    server = codecServer(PROJECT, () => Promise.resolve([UI])).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  function ask(change: { method?: string; path?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Answer> {
    const { port } = server.address() as AddressInfo;
    const { method = 'POST', path = PATH, body = '{"payloads":[]}' } = change;
    const headers = { 'Content-Type': 'application/json', Origin: UI, ...change.headers };
    return new Promise((resolve, reject) => {
      const sent = request({ hostname: '127.0.0.1', port, method, path, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString() }),
        );
      });
      sent.on('error', reject).end(body);
    });
  }

  it("shows the UI's page what is sealed, and says of the rest that it is not", async () => {
    const [sealed = {}] = await sealCodec(PROJECT).encode([defaultPayloadConverter.toPayload({ secret: 1 })]);
    const other = defaultPayloadConverter.toPayload({ forged: 1 });
    const payloads = [sealed, other].map(({ metadata, data }) => ({
      metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')])),
      data: Buffer.from(data ?? []).toString('base64'),
    }));
    const { status, headers, body } = await ask({ body: JSON.stringify({ payloads }) });
    assert.deepEqual([status, headers['access-control-allow-origin']], [200, UI]);
    const shown = (JSON.parse(body) as { payloads: { metadata: { encoding: string }; data: string }[] }).payloads;
    assert.deepEqual(
      shown.map(({ metadata, data }) => [Buffer.from(metadata.encoding, 'base64').toString(), Buffer.from(data, 'base64').toString()]),
      [
        ['json/plain', '{"secret":1}'],
        ['json/plain', JSON.stringify(UNSEALED)],
      ],
    );
  });

  it("lets the UI's page ask, and no other", async () => {
    const allowed = await ask({ method: 'OPTIONS', body: '' });
    assert.deepEqual(
      [allowed.status, allowed.headers['access-control-allow-origin'], allowed.headers['access-control-allow-headers']],
      [204, UI, 'Content-Type, X-Namespace, Authorization'],
    );
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:8234', `${UI}.evil.example`])
      for (const method of ['OPTIONS', 'POST']) {
        const { status, headers } = await ask({ method, headers: { Origin: origin }, body: method === 'POST' ? '{"payloads":[]}' : '' });
        assert.deepEqual([status, headers['access-control-allow-origin']], [403, undefined], `${method} from ${origin}`);
      }
  });

  for (const [what, change, status] of [
    ['without the token', { path: '/decode' }, 404],
    ['with another token', { path: `/${'0'.repeat(64)}/decode` }, 404],
    ['to seal something', { path: PATH.replace('decode', 'encode') }, 404],
    ['under a name of its own', { headers: { Host: 'evil.example' } }, 421],
    ['as a simple form, which a page may send unasked', { headers: { 'Content-Type': 'text/plain' } }, 415],
    ['by GET', { method: 'GET', body: '' }, 405],
    ['with no JSON', { body: '{' }, 400],
    ['with something else', { body: '{"payloads":{}}' }, 400],
    ['with more than it takes', { body: ' '.repeat((64 << 20) + 1) }, 413],
  ] as const)
    it(`refuses who asks ${what}`, async () => assert.equal((await ask(change)).status, status));

  it('has another token for each key and each project', () => {
    const tokens = [PROJECT, { ...PROJECT, id: 'two' }, { ...PROJECT, keys: [Buffer.alloc(32, 2)] as const }].map(codecToken);
    assert.equal(new Set(tokens).size, 3);
    assert.match(tokens[0] ?? '', /^[0-9a-f]{64}$/);
  });
});
