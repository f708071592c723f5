/**
 * As much of W&B's server as its client 0.31.0 needs to log a run and to ask for it again: one account, any project, runs in memory.
 * What it was asked was recorded from that client.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

export interface WandbServer {
  readonly url: string;
  /** Lines of history by run id, each a JSON text. */
  readonly runs: ReadonlyMap<string, readonly string[]>;
  /** Everything that was sent, headers aside. */
  readonly received: readonly string[];
  /** Makes it hold these lines of a run already. */
  hold(runId: string, lines: readonly string[]): void;
  /** From now on it takes lines and does not keep them. */
  lose(): void;
  close(): Promise<void>;
}

const Query = z.object({ query: z.string(), variables: z.record(z.string(), z.unknown()).nullish() });
const Stream = z.object({ files: z.record(z.string(), z.object({ offset: z.int(), content: z.array(z.string()) })).optional() });
const ENTITY = 'someone';

export async function wandbServer(): Promise<WandbServer> {
  const runs = new Map<string, string[]>();
  const received: string[] = [];
  let losing = false;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      received.push(body);
      const answer = request.url === '/graphql' ? graphql(Query.parse(JSON.parse(body)), runs, url()) : stream(request.url ?? '', body);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stream = (path: string, body: string): unknown => {
    const run = /^\/files\/[^/]+\/[^/]+\/([^/]+)\/file_stream$/.exec(path)?.[1];
    const lines = runs.get(run ?? '');
    const history = lines === undefined ? undefined : Stream.parse(JSON.parse(body)).files?.['wandb-history.jsonl'];
    if (!losing) history?.content.forEach((line, index) => lines?.splice(history.offset + index, 1, line));
    return { exitcode: null, limits: {} };
  };
  return {
    url: url(),
    runs,
    received,
    hold: (runId, lines) => void runs.set(runId, [...lines]),
    lose: () => {
      losing = true;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function graphql({ query, variables }: z.infer<typeof Query>, runs: Map<string, string[]>, url: string): unknown {
  const operation = /(?:query|mutation)\s+(\w+)/.exec(query)?.[1] ?? '';
  const name = String(variables?.['name']);
  const lines = runs.get(name);
  const project = { id: 'p', name: String(variables?.['project']), entity: { id: 'e', name: ENTITY } };
  const answers: Readonly<Record<string, () => unknown>> = {
    Viewer: () => ({ viewer: { id: 'u', entity: ENTITY, username: ENTITY, email: '', flags: '{}', teams: { edges: [] } } }),
    GetDefaultEntity: () => ({ viewer: { id: 'u', entity: ENTITY } }),
    Run: () => ({ project: { run: lines === undefined ? null : { ...RUN, projectId: '1', name, historyLineCount: lines.length } } }),
    RunResumeStatus: () => ({ model: { ...project, bucket: lines === undefined ? null : { ...RESUMED, ...resumed(name, lines) } } }),
    UpsertBucket: () => {
      if (lines === undefined) runs.set(name, []);
      const bucket = { id: 'b', name, displayName: name, description: '', config: '{}', sweepName: null, project, historyLineCount: 0 };
      return { upsertBucket: { bucket, inserted: lines === undefined } };
    },
    CreateRunFiles: () => {
      const files = z.array(z.string()).parse(variables?.['files']);
      const uploads = files.map((file) => ({ name: file, uploadUrl: `${url}/upload/${file}` }));
      return { createRunFiles: { runID: 'b', uploadHeaders: [], files: uploads } };
    },
  };
  return { data: answers[operation]?.() ?? null };
}

const RUN = {
  id: 'b',
  tags: [],
  displayName: '',
  sweepName: null,
  state: 'finished',
  config: '{}',
  group: null,
  jobType: null,
  commit: null,
  readOnly: false,
  createdAt: '2026-01-01T00:00:00',
  heartbeatAt: null,
  description: '',
  notes: '',
  systemMetrics: '{}',
  summaryMetrics: '{}',
  user: { name: ENTITY, username: ENTITY },
  historyKeys: null,
};
const RESUMED = {
  id: 'b',
  summaryMetrics: '{}',
  displayName: '',
  logLineCount: 0,
  eventsLineCount: 0,
  eventsTail: '[]',
  config: '{}',
  tags: [],
  notes: '',
};

function resumed(name: string, lines: readonly string[]): Record<string, unknown> {
  return { name, historyLineCount: lines.length, historyTail: JSON.stringify(lines.slice(-1)), wandbConfig: '{"t":1}' };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
}
