import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { answer } from '../../../cli/completion/answer.js';
import { openLedger } from '../../../workflows/ledger.js';
import { makeProject, pipelineOf, REPOSITORY, type Project } from '../../configs/load/project.js';
import { inputOf, planned, planOf } from '../../workflows/plans.js';

const run = promisify(execFile);
const PROGRAM = join(REPOSITORY, 'bin/emo-aen.cjs');
/** What takes longer to load than a person waits for TAB. */
const HEAVY = /^@temporalio|^@tensorflow|^sharp$|^onnxruntime|^playwright|^h5wasm$/;

describe('shell completion', function () {
  this.timeout(60_000);
  let project: Project;
  before(async () => {
    project = await makeProject();
    const ledger = openLedger(
      inputOf('nightly-1', planOf(planned('export'), planned('evaluate'), planned('train'))),
      '2026-01-01T00:00:00.000Z',
    );
    await project.write({
      'configs/pipeline.yaml': pipelineOf(
        'model: { stage: 4, uses: model, with: train.yaml }',
        'mine: { stage: 4, uses: model, with: train.yaml }',
      ),
      'runs/nightly-1/ledger.json': JSON.stringify(ledger),
      'runs/nightly-2/ledger.json': JSON.stringify({ ...ledger, run: 'nightly-2' }),
    });
  });
  after(() => project.remove());

  const offered = async (...words: string[]): Promise<string> => {
    const { kind, values } = await answer(words);
    return [kind, ...values.map(({ value }) => value)].join(' ');
  };

  const cases: readonly [string, string[], string | RegExp][] = [
    ['commands', ['sta'], 'values status'],
    ['commands that begin alike', ['re'], /^values retry resume/],
    ['options', ['retry', '--f'], 'values --follow'],
    ['no option twice, but --set', ['run', '--fresh', '--set', 'a.b=1', '--'], /^values (?!.*--fresh).*--set/],
    ['choices of an argument', ['completion', ''], 'values bash zsh fish'],
    ['choices of an option', ['graph', '--format', 's'], 'values svg'],
    ['choices of an option behind =', ['graph', '--format=s'], 'values --format=svg'],
    ['the same as bash splits it', ['graph', '--format', '=', 's'], 'values svg'],
    ['stages', ['retry', 'nightly-1', '--stage', ''], 'values 1 2 3 4 5 6 7 8'],
    ['files', ['run', '--pipeline', 'con'], 'files'],
    ["nothing for a name of one's own", ['nonsense', ''], 'values'],
    ['nothing behind what takes no more', ['pause', 'nightly-1', ''], 'values'],
  ];
  for (const [what, words, expected] of cases) {
    it(`offers ${what}`, async () => {
      const found = await offered(...words);
      if (typeof expected === 'string') assert.equal(found, expected);
      else assert.match(found, expected);
    });
  }

  it('offers runs, tasks of the run named, tasks of the pipeline where there is none, and settings', async () => {
    const root = ['--root', project.root];
    assert.equal(await offered('retry', ...root, 'n'), 'values nightly-1 nightly-2');
    assert.equal(await offered('retry', ...root, 'nightly-1', 'e'), 'values export evaluate');
    assert.equal(await offered('retry', ...root, 'nightly-1', 'export', 't'), 'values train');
    assert.equal(await offered('plan', ...root, '--retry', 'nightly-2', 'tr'), 'values train');
    assert.equal(await offered('run', ...root, '--from-run', 'nightly-2', '--until', 'ev'), 'values evaluate');
    assert.equal(await offered('run', ...root, '--until', 'm'), 'values model mine');
    assert.equal(await offered('retry', ...root, 'none-such', ''), 'values');
    assert.equal(await offered('run', ...root, '--set', 'train.loop.pa'), 'open train.loop.pairs=');
    assert.equal(await offered('run', ...root, '--set=train.loop.pa'), 'open --set=train.loop.pairs=');
    assert.equal(await offered('run', ...root, '--set', 'train.loop.pairs', '='), 'open');
  });

  it('answers quickly: it loads none of the packages that runs are made of', async () => {
    for (const words of [
      ['sta'],
      ['retry', '--root', project.root, 'nightly-1', 'e'],
      ['run', '--root', project.root, '--set', 'train.'],
    ]) {
      const loaded = await packagesLoaded(words);
      assert.ok(loaded.has('commander'), 'what is loaded is seen');
      assert.deepEqual(
        [...loaded].filter((name) => HEAVY.test(name)),
        [],
        words.join(' '),
      );
    }
  });

  /** Names of npm packages whose code was run. */
  async function packagesLoaded(words: readonly string[]): Promise<Set<string>> {
    const folder = await mkdtemp(join(tmpdir(), 'emo-aen-loaded-'));
    try {
      await run(process.execPath, [PROGRAM, '__complete', ...words], { env: { ...process.env, NODE_V8_COVERAGE: folder } });
      const [file = ''] = await readdir(folder);
      const { result } = JSON.parse(await readFile(join(folder, file), 'utf8')) as { result: { url: string }[] };
      return new Set(result.flatMap(({ url }) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it('never runs code of the folder', async () => {
    const code = "import { writeFileSync } from 'node:fs';\nwriteFileSync(new URL('../../ran', import.meta.url), '');\nexport default 1;\n";
    await project.write({ 'activities/curious/activity.mjs': code });
    const root = ['--root', project.root];
    for (const words of [
      ['run', ...root, '--set', ''],
      ['plan', ...root, '--set', 'curious.'],
      ['run', ...root, '--until', ''],
      ['retry', ...root, 'nightly-1', ''],
      ['validate', ...root, ''],
    ])
      await answer(words);
    await assert.rejects(readFile(join(project.root, 'ran')), { code: 'ENOENT' });
  });

  /** What the shell's own completion makes of a line; each shell in its own words. */
  const shells: readonly { shell: string; ask: (script: string) => string; expected: RegExp }[] = [
    {
      shell: 'bash',
      ask: (script) => `
        source '${script}'; source '${script}'
        ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _emo_aen; echo "$*: \${COMPREPLY[*]}"; }
        complete -p emo-aen
        ask emo-aen sta
        ask emo-aen retry --root 'ROOT' nightly-1 ev
        ask emo-aen graph --format = s
        ask emo-aen run --name '$(touch ran)' --fr`,
      expected: /complete -F _emo_aen emo-aen\n.* sta: status\n.* ev: evaluate\n.* = s: svg\n.*: --fr/,
    },
    {
      shell: 'zsh',
      ask: (script) => `
        autoload -U compinit; compinit -D; source '${script}'
        compadd() { echo "$words: \${values[*]}" }
        ask() { words=("$@"); CURRENT=$#; _emo_aen }
        echo $_comps[emo-aen]
        ask emo-aen sta
        ask emo-aen retry --root 'ROOT' nightly-1 ev
        ask emo-aen graph --format=s
        ask emo-aen run --name '$(touch ran)' --fr`,
      expected: /_emo_aen\n.* sta: status\n.* ev: evaluate\n.*=s: --format=svg\n.*: --fr/,
    },
    {
      shell: 'fish',
      ask: (script) => `
        source '${script}'
        complete -C 'emo-aen sta'
        complete -C 'emo-aen retry --root ROOT nightly-1 ev'
        complete -C 'emo-aen graph --format=s'
        complete -C 'emo-aen run --name "(touch ran)" --fr'`,
      expected: /^status\s*\nevaluate\s*\n--format=svg\s*\n--fr/,
    },
  ];
  for (const { shell, ask, expected } of shells) {
    it(`is what ${shell} completes by, and runs nothing that is only being typed`, async function () {
      if (spawnSync(shell, ['-c', 'true']).error !== undefined) {
        console.warn(`      skipped: there is no ${shell} on this machine`);
        return this.skip();
      }
      const folder = await mkdtemp(join(tmpdir(), "emo-aen shell's-"));
      try {
        await mkdir(join(folder, 'home'));
        const { stdout: script } = await run(process.execPath, [PROGRAM, 'completion', shell]);
        await writeFile(join(folder, 'script'), script);
        const path = join(folder, 'script').replaceAll("'", shell === 'fish' ? "\\'" : `'\\''`);
        await writeFile(join(folder, 'ask'), ask(path).replaceAll('ROOT', project.root));
        const { stdout, stderr } = await run(shell, [...(shell === 'zsh' ? ['-f'] : []), join(folder, 'ask')], {
          cwd: folder,
          env: { ...process.env, HOME: join(folder, 'home'), XDG_CONFIG_HOME: join(folder, 'home') },
        });
        assert.match(stdout, expected, stderr);
        assert.equal(spawnSync('test', ['-e', join(folder, 'ran')]).status, 1, 'what was typed was run');
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }
});
