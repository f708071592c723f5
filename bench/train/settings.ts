/** The method's own numbers, from `configs/train.yaml`, so that the bench measures what a run does. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { TrainSettings } from '../../configs/schema/train.js';

export const DEFAULTS: TrainSettings = TrainSettings.parse(
  parse(readFileSync(new URL('../../../configs/train.yaml', import.meta.url), 'utf8')),
);
