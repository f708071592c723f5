/** Holds the rule of imports (docs/architecture.md): `configs <- ml <- activities <- workflows <- workers <- cli`; `web` stands beside it. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** This file runs from dist/test/. */
const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

const FOLDERS = ['configs', 'ml', 'activities', 'workflows', 'workers', 'cli', 'web'] as const;
type Folder = (typeof FOLDERS)[number];

/** What each folder may import from the others. `types` may be named, but are gone when the code runs. */
const RULE: Readonly<Record<Folder, { readonly values: readonly Folder[]; readonly types: readonly Folder[] }>> = {
  configs: { values: [], types: [] },
  ml: { values: ['configs'], types: [] },
  activities: { values: ['configs', 'ml'], types: [] },
  // The bundle that Temporal replays holds schemas, but no yaml or fs, and nothing that works.
  workflows: { values: ['configs'], types: ['activities'] },
  workers: { values: ['configs', 'ml', 'activities', 'workflows'], types: [] },
  cli: { values: ['configs', 'ml', 'activities', 'workflows', 'workers'], types: [] },
  // A browser runs it: of ml/ only what needs neither Node nor a package.
  web: { values: ['ml'], types: ['configs'] },
};
/** All that web/ may import: the manifest's schema without Node, and types. The runtime itself is loaded when the page runs. */
const WEB_PACKAGES: Readonly<Record<string, 'values' | 'types'>> = { 'zod/mini': 'values', 'onnxruntime-web': 'types' };

/** The packages that a workflow may use. */
const WORKFLOW_PACKAGES = ['@temporalio/workflow', '@noble/hashes', 'zod'];
/** What belongs to one part alone: other parts stay free of its weight and of its kind of trouble. */
const KEPT_TO: Readonly<Record<string, readonly Folder[]>> = {
  '@temporalio/': ['activities', 'workflows', 'workers', 'cli'],
  '@tensorflow/': ['ml', 'activities'],
  'onnxruntime-node': ['ml', 'activities'],
  sharp: ['ml', 'activities'],
  h5wasm: ['ml'],
  commander: ['cli'],
  'onnxruntime-web': ['web'],
};

interface Import {
  /** Relative to the repository, as the file that is imported from. */
  readonly file: string;
  readonly line: number;
  /** As written. */
  readonly from: string;
  readonly typeOnly: boolean;
}

async function importsOf(folder: Folder): Promise<Import[]> {
  const names = await readdir(join(REPOSITORY, folder), { recursive: true });
  const files = names.filter((name) => name.endsWith('.ts')).map((name) => posix.join(folder, name));
  const all = await Promise.all(files.map(async (file) => importsIn(file, await readFile(join(REPOSITORY, file), 'utf8'))));
  return all.flat();
}

/** Static imports and re-exports, `import()` of a text and `import('…')` types. */
function importsIn(file: string, text: string): Import[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found: Import[] = [];
  const add = (at: ts.Node, from: string, typeOnly: boolean): void => {
    found.push({ file, from, typeOnly, line: source.getLineAndCharacterOfPosition(at.getStart()).line + 1 });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
      add(node, node.moduleSpecifier.text, onlyTypes(node.importClause));
    if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
      add(node, node.moduleSpecifier.text, node.isTypeOnly);
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument !== undefined && ts.isStringLiteral(argument)) add(node, argument.text, false);
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
      add(node, node.argument.literal.text, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** `import type { A }`, and `import { type A }` as far as it leaves nothing behind (it does leave an empty import). */
function onlyTypes(clause: ts.ImportClause | undefined): boolean {
  return clause?.isTypeOnly === true;
}

function brokenRule({ file, from, typeOnly }: Import): string | null {
  const folder = folderOf(file);
  if (folder === undefined) return 'lies in no folder of the rule';
  if (!from.startsWith('.')) return brokenByPackage(folder, from, typeOnly);
  const target = folderOf(posix.join(posix.dirname(file), from));
  if (target === undefined) return 'imports from outside the folders of the rule';
  const { values, types } = RULE[folder];
  if (target === folder || values.includes(target) || (typeOnly && types.includes(target))) return null;
  return types.includes(target) ? `may import only types from ${target}/` : `may not import from ${target}/`;
}

function brokenByPackage(folder: Folder, from: string, typeOnly: boolean): string | null {
  const builtin = from.startsWith('node:') || builtinModules.includes(from);
  if (folder === 'workflows') {
    const allowed = WORKFLOW_PACKAGES.some((name) => from === name || from.startsWith(`${name}/`));
    return allowed ? null : `a workflow may not use ${from}`;
  }
  if (folder === 'web') {
    const allowed = WEB_PACKAGES[from];
    return allowed === 'values' || (allowed === 'types' && typeOnly) ? null : `a browser may not use ${from}`;
  }
  if (builtin && !from.startsWith('node:')) return `write node:${from}`;
  const kept = Object.entries(KEPT_TO).find(([name]) => from.startsWith(name));
  return kept === undefined || typeOnly || kept[1].includes(folder) ? null : `${from} belongs to ${kept[1].join(', ')}`;
}

function folderOf(file: string): Folder | undefined {
  return FOLDERS.find((folder) => file.startsWith(`${folder}/`));
}

describe('the rule of imports', () => {
  for (const folder of FOLDERS) {
    it(`holds in ${folder}/`, async () => {
      const imports = await importsOf(folder);
      assert.ok(imports.length > 0, 'there is something to look at');
      const broken = imports.flatMap((found) => {
        const why = brokenRule(found);
        return why === null ? [] : [`${found.file}:${found.line}: imports ${found.from}: ${why}`];
      });
      assert.deepEqual(broken, []);
    });
  }

  it('holds for what web/ imports of other folders, and for what that imports: neither Node nor a package', async () => {
    const files = new Map<string, Import[]>();
    const follow = async (found: Import): Promise<void> => {
      if (found.typeOnly || !found.from.startsWith('.')) return;
      const file = posix.join(posix.dirname(found.file), found.from).replace(/\.js$/, '.ts');
      if (file.startsWith('web/') || files.has(file)) return;
      const imports = importsIn(file, await readFile(join(REPOSITORY, file), 'utf8'));
      files.set(file, imports);
      await Promise.all(imports.map(follow));
    };
    await Promise.all((await importsOf('web')).map(follow));
    assert.ok(files.has('ml/images/geometry.ts'), 'there is something to look at');
    const impure = [...files.values()].flat().filter(({ from, typeOnly }) => !typeOnly && !from.startsWith('.'));
    assert.deepEqual(impure, []);
  });

  it('is told apart by a file that breaks it in every way', () => {
    const text = [
      "import { a } from '../activities/train.js';",
      "import type { B } from '../activities/train.js';",
      "import { type C } from '../configs/schema/plan.js';",
      "import fs from 'node:fs';",
      "import { defineQuery } from '@temporalio/workflow';",
      "export * from '../cli/main.js';",
      "const late = await import('../ml/engine/loop.js');",
      "type D = import('../workers/up.js').D;",
    ].join('\n');
    assert.deepEqual(
      importsIn('workflows/x.ts', text).map((found) => `${found.line}: ${brokenRule(found)}`),
      [
        '1: may import only types from activities/',
        '2: null',
        '3: null',
        '4: a workflow may not use node:fs',
        '5: null',
        '6: may not import from cli/',
        '7: may not import from ml/',
        '8: may not import from workers/',
      ],
    );
    const inBrowser = [
      "import { read } from 'node:fs';",
      "import * as z from 'zod';",
      "import { InferenceSession } from 'onnxruntime-web';",
    ];
    assert.deepEqual(
      importsIn('web/shared/x.ts', inBrowser.join('\n')).map((found) => brokenRule(found)),
      ['a browser may not use node:fs', 'a browser may not use zod', 'a browser may not use onnxruntime-web'],
    );
    const others = [
      "import { Client } from '@temporalio/client';",
      "import path from 'path';",
      "import type { Tensor } from '@tensorflow/tfjs';",
      "import '../../setup/x.mjs';",
    ];
    assert.deepEqual(
      importsIn('configs/load/x.ts', others.join('\n')).map((found) => brokenRule(found)),
      [
        '@temporalio/client belongs to activities, workflows, workers, cli',
        'write node:path',
        null,
        'imports from outside the folders of the rule',
      ],
    );
  });
});
