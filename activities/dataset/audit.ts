/** Stage 2: audits the photo set. The report is written whether the set is sound or not; only a sound set goes on. */
import { resolve } from 'node:path';
import { Problem } from '../../configs/problem.js';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { AuditReport } from '../../configs/schema/audit.js';
import { DatasetIndex } from '../../configs/schema/photos.js';
import { writeFileAtomically, writeJsonAtomically } from '../../ml/files/atomic.js';
import { auditPhotos } from '../../ml/images/audit.js';
import { visible } from '../../ml/images/names.js';
import { Pace, paced } from '../../ml/images/pace.js';
import { reportMarkdown } from '../../ml/images/report/markdown.js';
import { reportPage } from '../../ml/images/report/page.js';
import type { TaskFunction } from '../task.js';

/** Findings that the failure's message names; the report has them all. */
const NAMED = 3;

export const audit: TaskFunction<SettingsOf<'audit'>> = async (context) => {
  const { root, folder, settings, signal } = context;
  const pace = new Pace();
  const remarks: string[] = [];
  let seen = { done: 0, total: 0, unit: 'photos' };
  const { report, dataset } = await auditPhotos({
    root,
    settings,
    signal,
    onForgetful: (message) => remarks.push(message),
    onPhoto: (done, total) => {
      seen = { ...seen, done, total };
      context.progress({ ...paced('looking at photos', pace.at(done, total)), ...seen });
    },
    onWaiting: (file, seconds) => context.progress({ message: `waiting for ${visible(file)} since ${seconds} s`, ...seen }),
  });
  const reportFile = await context.file('runs', folder, 'audit.json');
  await writeJsonAtomically(reportFile, AuditReport.parse(report));
  await writeFileAtomically(await context.file('runs', folder, 'audit.md'), reportMarkdown(report));
  const page = await reportPage(report, {
    photoRoot: resolve(root, settings.photos.root),
    maxPixels: settings.photos.maxPixels,
    signal,
    onPicture: (done, total) => context.progress({ message: 'making the page', done, total, unit: 'pictures' }),
  });
  await writeFileAtomically(await context.file('runs', folder, 'audit.html'), page);
  if (dataset === null) throw badSet(report, `runs/${folder}/audit.md`);

  const datasetFile = await context.file('runs', folder, 'dataset.json');
  await writeJsonAtomically(datasetFile, DatasetIndex.parse(dataset));
  return {
    artifacts: [
      { name: 'audit-report', path: reportFile },
      { name: 'dataset', path: datasetFile },
      { name: 'splits', path: resolve(root, settings.splits.file) },
    ],
    summary: {
      photos: report.photos,
      folders: report.folders,
      ...prefixed(report.pairs ?? {}),
      datasetHash: dataset.hash,
      synthetic: dataset.synthetic,
      warnings: report.warnings,
    },
    warnings: [
      ...remarks,
      ...(dataset.synthetic ? ['the pairs are synthetic: made by `emo-aen sample`, not judged by people'] : []),
      ...(report.warnings === 0 ? [] : [`${report.warnings} remarks about the photos: see runs/${folder}/audit.md`]),
    ],
  };
};

function prefixed(pairs: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(pairs).map(([split, count]) => [`pairs ${split}`, count]));
}

function badSet({ findings, errors }: AuditReport, reportFile: string): Problem {
  const first = findings.filter(({ severity }) => severity === 'error').slice(0, NAMED);
  const named = first.map(({ file, message }) => `${visible(file)} ${visible(message)}`).join('; ');
  const more = errors > first.length ? `; and ${errors - first.length} more` : '';
  const [only] = first;
  return new Problem({
    code: 'DATASET',
    message: `the photo set is not sound: ${named}${more}`,
    where: reportFile,
    cure: errors === 1 && only !== undefined ? only.cure : 'mend what the report names, file by file, then retry the audit',
  });
}
