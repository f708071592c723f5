/** Item 2: preprocessing config committed. What the run used is what HEAD holds, and nothing else decided it. */
import { join } from 'node:path';
import { canonicalJson } from '../../configs/load/canonical.js';
import { Diagnostics } from '../../configs/load/diagnostics.js';
import { fileSource, mergeMaps, toValue, without, type LocatedMap } from '../../configs/load/located.js';
import { parseMap } from '../../configs/load/parse.js';
import { EXTENDS } from '../../configs/load/settings.js';
import type { SettingsFile } from '../../configs/schema/plan.js';
import { fileNow, finishedTask, noFindings, type Audit, type Findings } from './evidence.js';
import { committed, headCommit } from './git.js';
import { short } from './words.js';

export async function provePreprocess(audit: Audit): Promise<Findings> {
  const findings = noFindings();
  const task = finishedTask(audit, 'preprocess', findings);
  if (task === null) return findings;
  const { settingsFiles, settings } = task.plan;
  if (settingsFiles.length === 0) findings.missing.push(`task ${task.plan.name} read no settings file`);
  const texts = await proveCommitted(audit, settingsFiles, findings);
  if (texts === null) return findings;
  // The files are those of the run; a --set may still have said something else.
  if (canonicalJson(valueOf(settingsFiles, texts)) === canonicalJson(settings)) {
    findings.evidence.push(`its settings are those that ${settingsFiles[0]?.path} gives`);
    return findings;
  }
  findings.missing.push(
    `the run used other settings than ${settingsFiles[0]?.path} gives (--set): write them into the file, commit it and run again`,
  );
  return findings;
}

/** The text of each file as HEAD holds it; null where one is not what the run used. */
async function proveCommitted({ root }: Audit, files: readonly SettingsFile[], findings: Findings): Promise<string[] | null> {
  const head = await headCommit(root);
  const texts: string[] = [];
  for (const { path, sha256 } of files) {
    const found = await committed(root, path);
    if ('fault' in found) findings.missing.push(found.fault);
    else if (found.sha256 !== sha256) {
      const now = await fileNow(join(root, path));
      const cure = now?.sha256 === sha256 ? `git commit ${path}` : 'run again with what is committed, or commit what the run used';
      findings.missing.push(
        `${path} is committed with other content than the run used: the run used sha256 ${short(sha256)}, HEAD ${head?.slice(0, 12)} holds ${short(found.sha256)}: ${cure}`,
      );
    } else {
      findings.evidence.push(`${path}: HEAD ${head?.slice(0, 12)} holds what the run used, sha256 ${sha256}`);
      texts.push(found.text);
    }
  }
  return texts.length === files.length && texts.length > 0 ? texts : null;
}

/** The settings that these files give, the first laid on the second and so on, as the loader does. */
function valueOf(files: readonly SettingsFile[], texts: readonly string[]): unknown {
  const found = new Diagnostics();
  const layers = texts.flatMap((text, index): LocatedMap[] => {
    const map = parseMap(fileSource(files[index]?.path ?? '', text), found);
    return map === null ? [] : [without(map, EXTENDS)];
  });
  const [top] = layers;
  return top === undefined ? null : toValue(layers.reduceRight((base, over) => mergeMaps(base, over)));
}
