/** Everything the audit can find, as a table: how bad it is and what to do about it. */
import type { Finding } from '../../configs/schema/audit.js';

interface Row {
  readonly severity: Finding['severity'];
  readonly cure: string;
}

const error = (cure: string): Row => ({ severity: 'error', cure });
const warning = (cure: string): Row => ({ severity: 'warning', cure });

export const FINDINGS = {
  // The set as a whole.
  'root-missing': error('make the folder, or set photos.root in configs/dataset.yaml; `emo-aen sample` makes a set to try'),
  'no-folders': error('add one folder per scene, each with good/ and bad/; `emo-aen sample` makes a set to try'),
  'label-missing': error('add the folder with at least one photo, or remove the scene'),
  'label-empty': error('add at least one photo, or remove the scene'),
  'folder-twice': error('rename one of the two: the names look alike and are written in other bytes'),
  unexpected: warning('it is not read; move it out of the set'),
  // Files.
  unreadable: error('make it a file that this user can read, or remove it'),
  'not-a-file': error('remove it: only files can be photos'),
  'link-outside': error('copy the photo into the set: a set must not depend on files elsewhere'),
  empty: error('replace the file by a whole photo, or remove it'),
  'not-an-image': error('replace the file by a photo (JPEG, PNG, WebP, TIFF, AVIF or HEIC), or remove it'),
  'wrong-format': error('JPEG, PNG, WebP, AVIF, HEIC and common TIFF are read: export it anew from where it came, or remove it'),
  truncated: error('copy the file again from where it came: its end is missing'),
  damaged: error('copy the file again from where it came, or remove it'),
  'crashes-decoder': error('remove it, or save it anew with another program; where many photos are named: emo-aen doctor'),
  animated: error('save one frame as a picture of its own'),
  'too-many-pixels': error('make the photo smaller, or raise photos.maxPixels in configs/dataset.yaml'),
  'too-many-bytes': error('look at what the file is: no photo within photos.maxPixels (configs/dataset.yaml) is so large'),
  'too-small': error('use a larger photo: enlarging would teach the model that blur is normal'),
  'not-srgb': error('convert it to sRGB, 8 bits a channel; `emo-aen audit --fix --into DIR` does, in a copy of the set'),
  'unnamed-colours': warning('look at its colours; where they are pale, convert it by hand from Adobe RGB to sRGB'),
  'wrong-extension': warning('rename the file to what it is, good and bad alike where pairs are made by name'),
  turned: warning(
    'nothing need be done: it is used upright; `emo-aen audit --fix` writes it upright for tools that pass over the orientation',
  ),
  uniform: warning('look whether it is a photo; remove it if it shows nothing'),
  'changed-while-read': error('let what writes it come to its end, then audit again'),
  transparent: error(
    'flatten it onto a background: the model sees no transparency; `emo-aen audit --fix --into DIR` does, onto white, in a copy',
  ),
  'trailing-bytes': warning('nothing need be done; `emo-aen audit --fix --into DIR` drops what stands behind the picture, in a copy'),
  // Pairs and scores.
  unpaired: error('add its partner of the same name, remove it, or set pairs.pairing: cross in configs/dataset.yaml'),
  'stem-twice': error('rename one of the two: pairs are made by the name without its extension'),
  'different-aspect': warning('cut both to one shape: a model can learn the shape instead of the beauty'),
  'different-size': warning('bring both to one size: a model can learn the sharpness of scaling instead of the beauty'),
  'looks-swapped': warning('look at both: move each to the other folder, or mend the scores'),
  'good-equals-bad': error('remove one: the same photo cannot be good and bad'),
  'bad-record': error('restore it, or make the set again with `emo-aen sample --force`; where the pairs are real, remove it'),
  'bad-scores': error('write lines of: file, mean opinion score[, deviation, count], the file as good/name.jpg'),
  'score-out-of-range': error('mend the score, or scores.min and scores.max in configs/dataset.yaml'),
  'scores-incomplete': warning('add scores for the other photos, or remove scores.csv: few scores teach little'),
  'weight-without-effect': warning(
    'mend the name, or remove it from pairs.weights in configs/dataset.yaml: weights count in training only',
  ),
  // What lets a model cheat.
  'tell-tale': warning('save good and bad photos in the same way, from the same source, at the same size'),
  unbalanced: warning('add photos where there are few, or set pairs.limit and pairs.weights in configs/dataset.yaml'),
  // Splits.
  'splits-missing': error('run `emo-aen splits --lock`: it proposes splits by folder and locks them'),
  'splits-unreadable': error('mend the file, or remove it and run `emo-aen splits --lock`'),
  'splits-locked-to-another-set': error('look at what changed in the set, then run `emo-aen splits --lock` to lock it again'),
  'split-of-nothing': error('remove the entry, or put the photos back; `emo-aen splits --lock` does the former'),
  'without-split': error('give it a split in the splits file; `emo-aen splits --lock` does it for whole folders'),
  'in-two-splits': error('leave it in one split only'),
  'split-empty': error('give it at least one folder: training, validation and test all need pairs'),
  'split-too-small': warning('give it more folders, or read its accuracy with its interval'),
  'shared-part-in-two-splits': warning('look at both; where one is cut out of the other, move both into one split'),
  'same-photo-twice': warning('remove one of the two: the photo counts twice'),
  'near-copy-in-two-folders': warning('look at both; where it is one photo, remove one or put both into one folder'),
  'same-photo-in-two-splits': error('remove one of the two, or move both into one split: the test must not know its answers'),
  'near-copy-in-two-splits': error(
    'move both into one split, or lower photos.nearCopyDistance in configs/dataset.yaml where they are different photos',
  ),
} as const satisfies Readonly<Record<string, Row>>;
export type FindingCode = keyof typeof FINDINGS;

/** A finding with the severity and the cure of its table row. */
export function finding(code: FindingCode, file: string, message: string): Finding {
  return { code, severity: FINDINGS[code].severity, file, message, cure: FINDINGS[code].cure };
}
