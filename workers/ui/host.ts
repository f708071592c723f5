/** The names under which a server of ours answers: a web page may have its own name lead to this machine (DNS rebinding). */
import { isIP } from 'node:net';

/** Whether a request's `Host` is an address, `localhost`, or one of `named`. Any other name is somebody else's. */
export function isOurHost(host: string | undefined, named: readonly string[] = []): boolean {
  const name = (host ?? '').toLowerCase().replace(/:\d*$/, '');
  const address = /^\[(.*)\]$/.exec(name)?.[1] ?? name;
  return isIP(address) !== 0 || ['localhost', ...named.map((each) => each.toLowerCase())].includes(name);
}
