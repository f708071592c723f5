/** A project root in a temporary folder, made of the files that a test names and the product's own settings files. */
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectCatalog } from '../../../activities/own/catalog.js';
import { diagnose } from '../../../configs/load/compile.js';
import { Diagnostics } from '../../../configs/load/diagnostics.js';
import { readOverrides } from '../../../configs/load/overrides.js';
import type { Plan } from '../../../configs/schema/plan.js';

/** The repository's root; this file runs from dist/test/configs/load/. */
export const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));

export interface Project {
  readonly root: string;
  /** Writes files by their path below the root. */
  write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  /** What `emo-aen validate` prints; empty for a sound pipeline. */
  faults(pipeline?: string, ...set: string[]): Promise<string>;
  /** The plan of `configs/pipeline.yaml`, which must be sound. */
  plan(...set: string[]): Promise<Plan>;
  remove(): Promise<void>;
}

/** Makes a project whose `configs/` holds the product's settings files and no pipeline. */
export async function makeProject(): Promise<Project> {
  const root = await mkdtemp(join(tmpdir(), 'emo-aen-configs-'));
  const settings = (await readdir(join(REPOSITORY, 'configs'))).filter((name) => name.endsWith('.yaml') && name !== 'pipeline.yaml');
  for (const name of settings) await cp(join(REPOSITORY, 'configs', name), join(root, 'configs', name));
  const look = async (pipeline: string, set: readonly string[]): Promise<{ plan: Plan | null; text: string }> => {
    const found = new Diagnostics();
    const { plan } = await diagnose(root, pipeline, readOverrides(set, found), await projectCatalog(root), found);
    return { plan, text: found.render() };
  };
  return {
    root,
    write: async (files) => {
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), content);
      }
    },
    faults: async (pipeline = 'configs/pipeline.yaml', ...set) => (await look(pipeline, set)).text,
    plan: async (...set) => {
      const { plan, text } = await look('configs/pipeline.yaml', set);
      if (plan === null) throw new Error(text);
      return plan;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** A pipeline of the tasks given, each a line of YAML: `model: { stage: 4, uses: model, with: train.yaml }`. */
export function pipelineOf(...tasks: readonly string[]): string {
  return ['version: 1', 'name: test', 'tasks:', ...tasks.map((task) => `  ${task}`), ''].join('\n');
}
