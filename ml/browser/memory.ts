/** Memory of a browser's pages, as the kernel counts it. */
import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { isAbout } from '../../configs/problem.js';

/** The highest resident set of any process that shows a page of this browser, in MB. */
export async function peakOfRenderers(browser: Browser): Promise<number> {
  const devTools = await browser.newBrowserCDPSession();
  const { processInfo } = await devTools.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  const peaks = await Promise.all(renderers.map(peakOf));
  return Math.max(...peaks);
}

/** VmHWM of a process, in MB; 0 where it has ended. */
async function peakOf(pid: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  } catch (error) {
    if (isAbout(error, 'ENOENT', 'ESRCH')) return 0;
    throw error;
  }
}
