/** The audit as `emo-aen audit` calls it. Run as `our-audit.js full|fast ROOT`; prints one JSON document: seconds from the call to the report. */
import sharp from 'sharp';
import { auditPhotos } from '../../ml/images/audit.js';
import { DATASET_SETTINGS } from '../dataset-settings.js';

const [, , mode = '', root = ''] = process.argv;
const begun = performance.now();
const { report } = await auditPhotos({ root, settings: DATASET_SETTINGS, mode: mode === 'fast' ? 'fast' : 'full' });
const seconds = (performance.now() - begun) / 1000;
const unsound = report.findings.filter(({ code }) => ['unreadable', 'damaged', 'truncated', 'not-an-image'].includes(code));
if (unsound.length > 0) throw new Error(`the made set is not whole: ${JSON.stringify(unsound[0])}`);
process.stdout.write(`${JSON.stringify({ seconds, versions: { sharp: sharp.versions.sharp ?? '', vips: sharp.versions.vips } })}\n`);
