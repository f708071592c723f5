/** YAML that cannot be read, or that no settings file needs. */
import { pipelineOf } from '../project.js';
import type { Case } from './case.js';

const MODEL = 'model: { stage: 4, uses: model, with: train.yaml }';

export const SYNTAX_FAULTS: readonly Case[] = [
  {
    what: 'tabs',
    pipeline: 'version: 1\nname: test\ntasks:\n\tmodel:\n\t\tuses: model\n',
    says: [
      'configs/pipeline.yaml:4:1: a tab indents this line',
      '    4 | →model:',
      '      | ^',
      '  YAML takes spaces only',
      '',
      'configs/pipeline.yaml:5:1: a tab indents this line',
      '    5 | →→uses: model',
      '      | ^^',
      '  YAML takes spaces only',
      '',
      '2 problems found',
    ],
  },
  {
    what: 'duplicate keys, and what else is wrong beside them',
    pipeline: pipelineOf(MODEL, MODEL, 'b: { stage: 4, stage: 5, uses: modell, with: train.yaml }'),
    says: [
      'configs/pipeline.yaml:5:3: duplicate key `model`',
      '    5 |   model: { stage: 4, uses: model, with: train.yaml }',
      '      |   ^^^^^',
      '  it is set on line 4 already',
      '',
      'configs/pipeline.yaml:6:18: duplicate key `stage`',
      '    6 |   b: { stage: 4, stage: 5, uses: modell, with: train.yaml }',
      '      |                  ^^^^^',
      '  it is set on line 6 already',
      '',
      'configs/pipeline.yaml:6:34: unknown activity `modell`',
      '    6 |   b: { stage: 4, stage: 5, uses: modell, with: train.yaml }',
      '      |                                  ^^^^^^',
      '  did you mean `model`?',
      '',
      '3 problems found',
    ],
  },
  {
    what: 'an alias bomb',
    pipeline: bomb(),
    says: [
      'configs/pipeline.yaml:5:8: aliases expand to more than 10000 values here',
      '    5 | e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]',
      '      |        ^^',
      '  write the values out, or use `extends`',
      '',
      '1 problem found',
    ],
  },
  {
    what: 'aliases that lead nowhere or into themselves',
    pipeline: 'a: &x { b: *x, c: *y }\n',
    says: [
      'configs/pipeline.yaml:1:12: the alias `*x` stands inside what it stands for',
      '    1 | a: &x { b: *x, c: *y }',
      '      |            ^^',
      '',
      'configs/pipeline.yaml:1:19: the alias `*y` has no anchor before it',
      '    1 | a: &x { b: *x, c: *y }',
      '      |                   ^^',
      '',
      '2 problems found',
    ],
  },
  {
    what: 'a list where a map is needed',
    pipeline: '- a\n',
    says: [
      'configs/pipeline.yaml:1:1: this file holds a list; a map of keys to values is needed',
      '    1 | - a',
      '      | ^^^',
      '',
      '1 problem found',
    ],
  },
  {
    what: 'an empty file',
    pipeline: '# nothing yet\n',
    says: ['configs/pipeline.yaml:1:1: this file is empty; a map of keys to values is needed', '', '1 problem found'],
  },
  {
    what: 'two documents in one file',
    pipeline: 'a: 1\n---\nb: 1\n',
    says: [
      'configs/pipeline.yaml:2:1: a second document begins here',
      '    2 | ---',
      '      | ^^^',
      '  a file holds one document: remove the `---` in the middle',
      '',
      '1 problem found',
    ],
  },
  {
    what: 'a tag that asks for code',
    pipeline: 'a: !!js/function x\n',
    says: [
      'configs/pipeline.yaml:1:4: unknown tag',
      '    1 | a: !!js/function x',
      '      |    ^^^^^^^^^^^^^',
      '  write the plain value',
      '',
      '1 problem found',
    ],
  },
  {
    what: 'nesting without end',
    pipeline: `a: ${'['.repeat(70)}${']'.repeat(70)}\n`,
    says: [
      'configs/pipeline.yaml:1:66: nested too deeply',
      `    1 | a: ${'['.repeat(70)}${']'.repeat(70)}`,
      `      | ${' '.repeat(65)}^`,
      '',
      '1 problem found',
    ],
  },
  {
    what: 'bytes that are no text',
    pipeline: 'version: 1\nname: test\ntasks:\n  model: { stage: 4, uses: model, with: bytes.yaml }\n',
    files: { 'configs/bytes.yaml': Uint8Array.of(0x61, 0xff, 0xfe) },
    says: [
      'configs/pipeline.yaml:4:41: `configs/bytes.yaml` is not UTF-8 text',
      '    4 |   model: { stage: 4, uses: model, with: bytes.yaml }',
      '      |                                         ^^^^^^^^^^',
      '',
      '1 problem found',
    ],
  },
  {
    what: 'a file that is far too large',
    pipeline: `${'#'.repeat(1 << 20)}\n`,
    says: ['configs/pipeline.yaml: the pipeline has 1048577 bytes; a configuration file may have 1048576', '', '1 problem found'],
  },
  {
    what: 'control characters, which must not reach the terminal',
    pipeline: '"a\\u001b[31m": 1\nversion: 1\nname: test\ntasks: { model: { stage: 4, uses: model, with: train.yaml } }\n',
    says: [
      'configs/pipeline.yaml:1:1: unknown key `a\u{FFFD}[31m`',
      '    1 | "a\\u001b[31m": 1',
      '      | ^^^^^^^^^^^^^',
      '  valid keys: version, name, defaults, tasks',
      '',
      '1 problem found',
    ],
  },
];

/** Nine levels of nine aliases each: 9^9 texts. */
function bomb(): string {
  const names = [...'abcdefghi'];
  const lines = names.map(
    (name, level) =>
      `${name}: &${name} [${Array(9)
        .fill(level === 0 ? 'x' : `*${names[level - 1]}`)
        .join(',')}]`,
  );
  return `${lines.join('\n')}\n`;
}
