/** Our own C++ for Node, which set-up compiled for this machine's processor. */
import { createRequire } from 'node:module';
import { Problem } from '../configs/problem.js';

/**
 * What the addon exports.
 * @param path absolute, as the installation names it
 * @param what it is called
 * @throws Problem ENVIRONMENT where it cannot be loaded
 */
export function loadAddon(path: string, what: string): unknown {
  try {
    return createRequire(import.meta.url)(path);
  } catch (cause) {
    throw new Problem({
      code: 'ENVIRONMENT',
      message: `${what} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: path,
      cure: 'npm run setup compiles it for this machine',
      cause,
    });
  }
}
