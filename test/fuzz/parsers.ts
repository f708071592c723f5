/** Every parser of bytes that others made. One more: a row in parsers/ (CONTRIBUTING.md). */
import type { Parser } from './parser.js';
import { NATIVE } from './parsers/native.js';
import { PHOTO_FILES } from './parsers/photos.js';
import { TEXTS } from './parsers/texts.js';
import { WEIGHT_FILES } from './parsers/weights.js';

export const PARSERS: readonly Parser[] = [...TEXTS, ...WEIGHT_FILES, ...PHOTO_FILES, ...NATIVE];
