/** What the quickstart makes where it is missing: a sample set in an empty `training_files/`, and splits that are locked to the photos. */
import { resolve } from 'node:path';
import { readInstallation } from '../../configs/load/installation.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import { proposeForSet } from '../../ml/images/propose.js';
import { packagedPhotos } from '../../ml/images/sample-sources.js';
import { makeSampleSet, QUICKSTART_SAMPLE } from '../../ml/images/sample.js';
import { lockSplits } from '../../ml/images/splits-file.js';
import { scanPhotos } from '../../ml/images/scan.js';
import { compareWithFile } from '../../ml/images/splits-standing.js';

/** Leaves alone what is there: a person's photos, and a splits file that says anything. `note` is told what was made. */
export async function preparePhotos(root: string, settings: DatasetSettings, note: (text: string) => void): Promise<void> {
  const photos = resolve(root, settings.photos.root);
  const { folders } = await scanPhotos(photos);
  if (folders.length === 0) {
    const sources = packagedPhotos((await readInstallation()).samplePhotos);
    const { scenes } = await makeSampleSet({ ...QUICKSTART_SAMPLE, sources, into: photos, seed: 0 });
    const pairs = scenes.reduce((sum, scene) => sum + scene.pairs.length, 0);
    note(`made ${pairs} synthetic pairs of ${scenes.length} real photos in ${settings.photos.root}/`);
  }
  const { standing } = await compareWithFile({ root, settings });
  if (standing.state !== 'missing') return;
  const proposal = await proposeForSet({ root, settings });
  await lockSplits(root, settings.splits.file, proposal);
  note(`locked the splits of ${Object.keys(proposal.splits).length} folders in ${settings.splits.file}`);
}
