import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
const project = fileURLToPath(new URL('../..', import.meta.url));
const PackageJson = z.object({ scripts: z.record(z.string(), z.string()) });

interface Line {
  readonly where: string;
  readonly words: readonly string[];
}

async function documents(): Promise<string[]> {
  const inDocs = (await readdir(join(project, 'docs'), { recursive: true })).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', ...inDocs.map((name) => join('docs', name))];
}

/** Every command line in a fenced `sh` block, without its comment. */
async function commandLines(): Promise<Line[]> {
  const lines: Line[] = [];
  for (const document of await documents()) {
    const text = await readFile(join(project, document), 'utf8');
    for (const block of text.matchAll(/```sh\n([\s\S]*?)```/g)) {
      for (const line of (block[1] ?? '').split('\n')) {
        const words = line
          .replace(/\s+#.*$/, '')
          .split(/\s+/)
          .filter((word) => word !== '');
        if (words.length > 0) lines.push({ where: `${document}: ${line}`, words });
      }
    }
  }
  return lines;
}

describe('the documents', () => {
  it('name only npm scripts that there are', async () => {
    const { scripts } = PackageJson.parse(JSON.parse(await readFile(join(project, 'package.json'), 'utf8')));
    const npm = (await commandLines()).filter(({ words }) => words[0] === 'npm');
    assert.ok(npm.length >= 4, 'the README names npm commands');
    for (const { where, words } of npm) {
      const script = words[1] === 'run' ? words[2] : words[1];
      assert.ok(script !== undefined && script in scripts, `${where}: package.json has no script ${script}`);
    }
  });

  it('name only commands and options that emo-aen has', async () => {
    const ours = (await commandLines()).filter(({ words }) => words[0] === 'npx' && words[1] === 'emo-aen');
    assert.ok(ours.length >= 8, 'the README names commands');
    const help = new Map<string, string>();
    for (const { where, words } of ours) {
      const [name = '', ...rest] = words.slice(2);
      if (!help.has(name)) help.set(name, (await run(process.execPath, [join(project, 'bin', 'emo-aen.cjs'), name, '--help'])).stdout);
      const stdout = help.get(name) ?? '';
      assert.ok(stdout.startsWith(`Usage: emo-aen ${name} `), `${where}: no such command`);
      for (const option of rest.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0] ?? word)) {
        assert.ok(new RegExp(`${option}\\b`).test(stdout), `${where}: ${name} has no ${option}`);
      }
    }
  });

  it('link only to files that are there', async () => {
    for (const document of await documents()) {
      const text = await readFile(join(project, document), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        await assert.doesNotReject(access(join(project, dirname(document), target)), `${document} links to ${target}, which is not there`);
      }
    }
  });
});
