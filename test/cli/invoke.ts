/** One command of the command line in a process of its own, as a shell would start it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `emo-aen <name> …args` from `dist/cli/<name>.js`, which exports `<name>Command`. */
export function invoke(name: string, ...args: readonly string[]): Promise<Outcome> {
  const module = new URL(`../../cli/${name}.js`, import.meta.url).href;
  const script = `import { ${name}Command } from '${module}'; await ${name}Command.parseAsync(process.argv.slice(1), { from: 'user' });`;
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      ['--input-type=module', '-e', script, '--', ...args],
      { cwd: fileURLToPath(new URL('../../../', import.meta.url)), maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        if (typeof error?.code === 'string') reject(new Error(error.message, { cause: error }));
        else resolve({ code: child.exitCode ?? -1, stdout, stderr });
      },
    );
  });
}
