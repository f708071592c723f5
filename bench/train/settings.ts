/** The method's own numbers, from `configs/`, so that the bench measures what a run does. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { PreprocessSettings } from '../../configs/schema/preprocess.js';
import { TrainSettings } from '../../configs/schema/train.js';
import { describeNetwork, type Network } from '../../ml/network/network.js';
import { OF_RANDOM_WEIGHTS, settle } from '../../ml/weights/conventions.js';

const settings = (name: string): unknown => parse(readFileSync(new URL(`../../../configs/${name}.yaml`, import.meta.url), 'utf8'));

export const DEFAULTS: TrainSettings = TrainSettings.parse(settings('train'));
export const PREPROCESS: PreprocessSettings = PreprocessSettings.parse(settings('preprocess'));

/** The method's network without the regression head, as it is where training begins from random weights. */
export const NETWORK: Network = describeNetwork({ ...settle(DEFAULTS.model, OF_RANDOM_WEIGHTS).spec, regression: false });

/** Of everyone that is measured. */
export const THREADS = 2;
