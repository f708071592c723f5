/** A program that publishes, or goes back to, a version and is killed before its n-th change of the disk: `ROOT publish|rollback WHAT N`. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const [, , root = '', deed = '', what = '', last = ''] = process.argv;
const { publish } = await import('./made-bundle.js');
const { rollBack } = await import('../../../ml/bundle/versions.js');

let changes = 0;
const counted = (): void => {
  if (++changes === Number(last)) process.kill(process.pid, 'SIGKILL');
};
const files = fs.promises as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
for (const name of ['mkdir', 'open', 'rename', 'rm', 'symlink', 'writeFile']) {
  const real = files[name];
  if (real === undefined) throw new Error(`no ${name}`);
  files[name] = (...args) => {
    // Sources are made by the test's own code and are not part of what is tried.
    const changing = name !== 'open' || args[1] !== 'r';
    if (changing && !String(args[0]).startsWith(join(root, 'made'))) counted();
    return real.apply(fs.promises, args);
  };
}
syncBuiltinESMExports();

if (deed === 'publish') await publish(root, what);
else await rollBack(join(root, 'models'), what);
process.stdout.write(String(changes));
