/** The project's own settings of stage 2, so that what is measured is what whoever changes nothing gets. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { DatasetSettings } from '../configs/schema/dataset.js';

export const DATASET_SETTINGS: DatasetSettings = DatasetSettings.parse(
  parse(readFileSync(new URL('../../configs/dataset.yaml', import.meta.url), 'utf8')),
);
