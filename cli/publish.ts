/** `emo-aen publish`: which versions of the model there are, and going back to one. A new one is published by a run. */
import { join } from 'node:path';
import { projectCatalog } from '../activities/own/catalog.js';
import { compilePlan } from '../configs/load/compile.js';
import { parseOverrides } from '../configs/load/overrides.js';
import { Problem } from '../configs/problem.js';
import { ExportSettings } from '../configs/schema/export.js';
import { bundleFolder } from '../ml/bundle/place.js';
import { listVersions, rollBack, type KeptVersion } from '../ml/bundle/versions.js';
import { enterInChangelog } from '../ml/changelog/enter.js';
import { rollbackEntry, rollbackMarker, type Rollback } from '../ml/changelog/rollback.js';
import { settingBelow } from '../ml/files/place.js';
import { action, command, EXIT, withExamples, type ExitCode, type Terminal } from './command.js';
import { person } from './person.js';
import { withPipelineOptions, type PipelineOptions } from './pipeline-options.js';

interface PublishOptions extends PipelineOptions {
  readonly list?: boolean;
  readonly rollback?: string;
}

export const publishCommand = withExamples(
  withPipelineOptions(
    command('publish', 'list the versions of the model, or make an earlier one the published one; a run publishes new ones'),
  )
    .option('--list', 'the versions that are kept, and which one is published')
    .option('--rollback <version>', 'check every byte of a kept version and publish it again, with an entry in the changelog')
    .action(
      action<PublishOptions>(async (terminal, options) => {
        const { list = false, rollback } = options;
        if (list === (rollback !== undefined))
          throw new Problem({
            code: 'USAGE',
            message: 'say one thing to do',
            where: 'publish',
            cure: '--list, or --rollback VERSION; a new version is published by a run: emo-aen run',
          });
        return rollback === undefined ? showVersions(terminal, options) : goBack(terminal, options, rollback);
      }),
    ),
  {
    'emo-aen publish --list': 'what there is',
    'emo-aen publish --rollback 0.1.0': 'back to 0.1.0; forward again in the same way',
  },
);

async function showVersions(terminal: Terminal, options: PublishOptions): Promise<ExitCode> {
  const { directory } = await bundleSettings(terminal.root, options);
  const versions = await listVersions(join(terminal.root, directory));
  const facts = versions.map(({ version, current, manifest, fault }) => ({
    version,
    current,
    fault,
    run: manifest?.run ?? null,
    trainedAt: manifest?.trainedAt ?? null,
    publishedAt: manifest?.publishedAt ?? null,
    pairwiseAccuracy: manifest?.metrics.pairwiseAccuracy ?? null,
    synthetic: manifest?.synthetic ?? null,
  }));
  const lines = versions.toReversed().map(lineOf);
  terminal.answer(
    { directory, versions: facts },
    lines.length === 0 ? `no version is kept in ${directory}/: emo-aen run publishes one` : lines.join('\n'),
  );
  return EXIT.done;
}

function lineOf({ version, current, manifest, fault }: KeptVersion): string {
  const mark = current ? '*' : ' ';
  if (manifest === null) return `${mark} ${version.padEnd(10)} cannot be read: ${fault}`;
  const { value, low, high } = manifest.metrics.pairwiseAccuracy;
  const accuracy = `accuracy ${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
  return `${mark} ${version.padEnd(10)} ${accuracy}, run ${manifest.run}, trained ${manifest.trainedAt.slice(0, 10)}${current ? ', published' : ''}`;
}

async function goBack(terminal: Terminal, options: PublishOptions, version: string): Promise<ExitCode> {
  const { directory, changelog } = await bundleSettings(terminal.root, options);
  const { from, manifest, checked } = await rollBack(join(terminal.root, directory), version);
  const entered = from !== version;
  if (entered) await enter(terminal.root, changelog, { manifest, from, at: new Date(), by: person() });
  const did = entered
    ? [`published is ${version} again${from === null ? '' : `, ${from} was`}`, `changelog:  ${changelog}`]
    : [`${version} is the published version already`];
  const lines = [...did, `checked:    ${checked.length} files by sha256`, `manifest:   ${directory}/manifest.json`];
  terminal.answer({ directory, version, from, checked, changelog: entered ? changelog : null, run: manifest.run }, lines.join('\n'));
  return EXIT.done;
}

async function enter(root: string, file: string, rollback: Rollback): Promise<void> {
  await enterInChangelog({ root, path: join(root, file), file }, rollbackMarker(rollback), rollbackEntry(rollback));
}

/** Where the pipeline's own tasks publish to and write the changelog. */
async function bundleSettings(root: string, { pipeline, set }: PipelineOptions): Promise<{ directory: string; changelog: string }> {
  const plan = await compilePlan(root, pipeline, parseOverrides(set), await projectCatalog(root));
  const of = (uses: string): unknown => {
    const task = plan.tasks.find((candidate) => candidate.uses === uses);
    if (task !== undefined) return task.settings;
    const message = `this pipeline has no task that uses ${uses}`;
    throw new Problem({ code: 'CONFIGURATION', message, where: plan.file, cure: 'add one, or name another pipeline with --pipeline' });
  };
  const { bundle } = ExportSettings.pick({ bundle: true }).parse(of('publish'));
  const { changelog } = ExportSettings.pick({ changelog: true }).parse(of('changelog'));
  // A rollback writes to both: what leads out of the root is refused before anything is changed.
  await bundleFolder(root, bundle.directory);
  const cure = 'set changelog.file to a file below the project root, with no link out of it';
  await settingBelow(root, changelog.file, { where: changelog.file, cure });
  return { directory: bundle.directory, changelog: changelog.file };
}
