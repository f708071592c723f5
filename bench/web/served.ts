/** The built page and a bundle, on a free port of this machine. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { siteServer } from '../../cli/serve/site.js';
import { SITE } from '../../cli/serve/built.js';

export async function serveBundle(bundle: string): Promise<{ readonly url: string; close(): void }> {
  const server = siteServer({ site: SITE, bundle }, (error) => {
    throw error;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
