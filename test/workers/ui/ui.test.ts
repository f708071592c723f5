import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../../workers/server/start.js';
import { connectTemporal } from '../../../workers/temporal.js';
import { bringDown, bringUp } from '../../../workers/up.js';

describe("Temporal's Web UI", function () {
  this.timeout(120_000);
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-ui-'));
  });
  afterEach(async () => {
    await bringDown(root);
    await rm(root, { recursive: true, force: true });
  });

  it('comes when it is asked for, with what decodes for it; the server that is started anew for it loses nothing', async () => {
    const headless = await startServer(root);
    const before = await connectTemporal(root, {});
    assert.equal(before.uiUrl, null);
    await before.client.workflow.start('nobody-runs-this', { taskQueue: 'nobody', workflowId: 'kept', args: [{ secret: 1 }] });
    await before.close();

    const { uiUrl, codecEndpoint, processes } = await bringUp(root, () => undefined, true);
    assert.ok(processes.some(({ name, started }) => name === 'ui' && started));
    assert.notEqual(processes.find(({ name }) => name === 'server')?.pid, headless.process.pid);
    assert.equal((await fetch(uiUrl ?? '')).status, 200);
    const settings = await (await fetch(`${uiUrl}/api/v1/settings`)).text();
    const { pathname } = new URL(codecEndpoint ?? '');
    assert.ok(!settings.includes(pathname), 'the UI gives its settings to everybody: no token may stand there');

    const after = await connectTemporal(root, {});
    const { events } = await after.client.workflow.getHandle('kept').fetchHistory();
    await after.close();
    const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('base64');
    const metadata = Object.fromEntries(Object.entries(payload?.metadata ?? {}).map(([name, value]) => [name, text(value)]));
    const response = await fetch(`${codecEndpoint}/decode`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: uiUrl ?? '' },
      body: JSON.stringify({ payloads: [{ metadata, data: text(payload?.data) }] }),
    });
    const shown = (await response.json()) as { payloads: [{ data: string }] };
    assert.equal(Buffer.from(shown.payloads[0].data, 'base64').toString(), '{"secret":1}');

    const again = await bringUp(root);
    assert.deepEqual([again.uiUrl, again.codecEndpoint, again.processes.filter(({ started }) => started)], [uiUrl, codecEndpoint, []]);
    assert.ok((await bringDown(root)).processes.some(({ name }) => name === 'ui'));
    const next = await bringUp(root);
    assert.deepEqual([next.uiUrl, next.codecEndpoint], [null, null]);
  });
});
