/** What YAML can say and no pipeline or setting can mean: told once, where it stands. */
import { pipelineOf } from '../project.js';
import type { Case } from './case.js';

const MODEL = 'model: { uses: model, with: train.yaml }';
const LONG = 'p'.repeat(101);

export const REFUSED_FAULTS: readonly Case[] = [
  {
    what: 'merge keys',
    pipeline: 'version: 1\nname: test\ntasks:\n  a: &base { uses: model, with: train.yaml }\n  b: { <<: *base, timeout: 1m }\n',
    says: [
      'configs/pipeline.yaml:5:8: merge keys (`<<`) are not taken',
      '    5 |   b: { <<: *base, timeout: 1m }',
      '      |        ^^',
      '  in a pipeline, `defaults` says what all tasks share; a settings file is laid on another one by `extends`',
      '',
      '1 problem found',
    ],
  },
  {
    what: 'a task called __proto__, whatever is wrong in it',
    pipeline: pipelineOf('__proto__: { uses: model, needs: 5, timeout: banana }', MODEL),
    says: [
      'configs/pipeline.yaml:4:3: `__proto__` cannot be a key',
      '    4 |   __proto__: { uses: model, needs: 5, timeout: banana }',
      '      |   ^^^^^^^^^',
      '  choose another name',
      '',
      '1 problem found',
    ],
  },
  {
    what: 'a key of a matrix and a setting called __proto__',
    pipeline: pipelineOf('model: { uses: model, with: train.yaml, matrix: { __proto__: [1] }, set: { train.__proto__.seed: 1 } }'),
    set: ['train.__proto__=1'],
    says: [
      '--set train.__proto__=1: unknown setting `train.__proto__`',
      '  valid keys in `train`: seed, environment, model, loss, optimizer, schedule, loop, earlyStopping, checkpoints, log, evaluation',
      '',
      'configs/pipeline.yaml:4:53: `__proto__` cannot be a key',
      '    4 |   model: { uses: model, with: train.yaml, matrix: { __proto__: [1] }, set: { train.__proto__.seed: 1 } }',
      '      |                                                     ^^^^^^^^^',
      '  choose another name',
      '',
      '2 problems found',
    ],
  },
  {
    what: 'whole numbers that would be rounded, wherever they stand',
    pipeline: pipelineOf('model: { uses: model, with: big.yaml, set: { train.seed: -9007199254740993 } }'),
    files: { 'configs/big.yaml': 'extends: train.yaml\nseed: 12345678901234567890\n' },
    set: ['train.seed=0x20000000000001'],
    says: [
      '--set train.seed=0x20000000000001: this whole number cannot be kept exactly',
      '  quote it to make it a text, or write one of at most 15 digits',
      '',
      'configs/pipeline.yaml:4:60: this whole number cannot be kept exactly',
      '    4 |   model: { uses: model, with: big.yaml, set: { train.seed: -9007199254740993 } }',
      '      |                                                            ^^^^^^^^^^^^^^^^^',
      '  quote it to make it a text, or write one of at most 15 digits',
      '',
      '2 problems found',
    ],
  },
  {
    what: 'the value of a matrix in a settings file',
    pipeline: pipelineOf('model: { uses: model, with: each.yaml, matrix: { k: [1, 2] } }'),
    files: { 'configs/each.yaml': 'extends: train.yaml\nmodel:\n  weights: { source: "${matrix.k}", sha256: null }\n' },
    says: [
      "configs/each.yaml:3:22: `${matrix.k}` stands only in the pipeline: in a task's `set`",
      '    3 |   weights: { source: "${matrix.k}", sha256: null }',
      '      |                      ^^^^^^^^^^^^^',
      '  write it there, such as `set: { train.seed: "${matrix.seed}" }`: settings files and `--set` are the same for every job',
      '',
      '1 problem found',
    ],
  },
  {
    what: 'the value of a matrix in --set',
    pipeline: pipelineOf('model: { uses: model, with: train.yaml, matrix: { k: [1, 2] } }'),
    set: ['train.model.weights={source: "x-${ matrix.k }", sha256: null}'],
    says: [
      '--set train.model.weights={"source":"x-${ matrix.k }","sha256":null}: `x-${ matrix.k }` stands only in the pipeline: in a task\'s `set`',
      '  write it there, such as `set: { train.seed: "${matrix.seed}" }`: settings files and `--set` are the same for every job',
      '',
      '1 problem found',
    ],
  },
  {
    what: 'names that are too long for folders and runs',
    pipeline: `version: 1\nname: ${LONG}\ntasks:\n  ${LONG}: { uses: model, with: train.yaml }\n  m: { uses: model, with: train.yaml, matrix: { k: [${LONG}] } }\n`,
    says: [
      'configs/pipeline.yaml:2:7: `name` must be lower-case letters, digits and dashes, beginning with a letter; at most 90 characters, not the text "ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp"',
      '    2 | name: ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp',
      '      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^',
      '',
      'configs/pipeline.yaml:4:3: `ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp` is no valid name',
      '    4 |   ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp: { uses: model, with: train.yaml }',
      '      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^',
      '  a name has lower-case letters, digits and dashes, beginning with a letter; at most 100 characters',
      '',
      'configs/pipeline.yaml:5:47: the name of the leg `m-pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp…` has 103 characters',
      '    5 |   m: { uses: model, with: train.yaml, matrix: { k: [ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp] } }',
      '      |                                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^',
      "  a name has at most 100: shorten the task's name or the values",
      '',
      '3 problems found',
    ],
  },
  {
    what: 'a faulty matrix, once, with nothing that follows from it',
    pipeline: pipelineOf(
      'a: { uses: model, with: train.yaml, matrix: { k: [x, X] }, set: { train.seed: "${matrix.k}" }, approval: "of ${matrix.k}?" }',
      'b: { uses: model, with: train.yaml, needs: [a-x, a], set: { train.model.weights.source: "${tasks.a-x.outputs.parameters}" } }',
      'c: { uses: model, with: train.yaml, matrix: 5, set: { train.seed: "${matrix.k}" } }',
    ),
    says: [
      'configs/pipeline.yaml:4:47: two legs of `a` would be called `a-x`',
      '    4 |   a: { uses: model, with: train.yaml, matrix: { k: [x, X] }, set: { train.seed: "${matrix.k}" }, approval: "of ${matrix.k}?" }',
      '      |                                               ^^^^^^^^^^^^^',
      '  other characters than letters, digits and dots become dashes in the names of legs: use values that then still differ',
      '',
      'configs/pipeline.yaml:6:47: `tasks.c.matrix` must be a map, not 5',
      '    6 |   c: { uses: model, with: train.yaml, matrix: 5, set: { train.seed: "${matrix.k}" } }',
      '      |                                               ^',
      '',
      '2 problems found',
    ],
  },
];
