/** One photo in two places where it must not be: as it is, scaled, written anew, cut. */
import sharp, { type Sharp } from 'sharp';
import type { Split } from '../../configs/schema/photos.js';
import type { Kind } from './kinds.js';
import { HEIGHT, jpeg, PARTNER, photo, png, WIDTH } from './photos.js';

interface Change {
  readonly name: string;
  readonly extension?: string;
  /** @param number of the case, for its strength */
  readonly write: (image: Sharp, number: number) => Sharp;
}

const QUALITIES = [30, 40, 50, 60, 70, 75, 80, 85, 90, 95];
const SCALES = [0.5, 0.6, 0.75, 0.8, 1.25, 1.5, 2];
const at = <Item>(items: readonly Item[], number: number): Item => items[number % items.length] as Item;

/** The middle, or a corner: each case another. */
function cut(image: Sharp, share: number, number: number): Sharp {
  const [width, height] = [Math.round(WIDTH * share), Math.round(HEIGHT * share)];
  const [x, y] = at(
    [
      [0.5, 0.5],
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ] as const,
    number,
  );
  return image.extract({ left: Math.round((WIDTH - width) * x), top: Math.round((HEIGHT - height) * y), width, height });
}

const CHANGES: readonly Change[] = [
  { name: 'written anew as JPEG of quality 30 to 95', write: (image, number) => image.jpeg({ quality: at(QUALITIES, number) }) },
  {
    name: 'written anew as WebP of quality 30 to 95',
    extension: 'webp',
    write: (image, number) => image.webp({ quality: at(QUALITIES, number), effort: 0 }),
  },
  { name: 'scaled by 0.5 to 2', write: (image, number) => image.resize(Math.round(WIDTH * at(SCALES, number))).jpeg({ quality: 85 }) },
  {
    name: 'made lighter or darker by up to 15 %',
    write: (image, number) => image.modulate({ brightness: at([0.85, 0.9, 1.1, 1.15], number) }).jpeg({ quality: 85 }),
  },
  { name: 'cut to 95 % of its sides', write: (image, number) => cut(image, 0.95, number).jpeg({ quality: 85 }) },
  { name: 'cut to 90 % of its sides', write: (image, number) => cut(image, 0.9, number).jpeg({ quality: 85 }) },
  { name: 'cut to 80 % of its sides', write: (image, number) => cut(image, 0.8, number).jpeg({ quality: 85 }) },
];

interface Where {
  readonly name: string;
  readonly codes: Kind['codes'];
  /** Of the copy; the photo itself belongs to train. */
  readonly split: Split;
}

const PLACES: readonly Where[] = [
  { name: 'in two splits', split: 'test', codes: ['near-copy-in-two-splits', 'same-photo-in-two-splits', 'shared-part-in-two-splits'] },
  { name: 'in two folders of a split', split: 'train', codes: ['near-copy-in-two-folders', 'same-photo-twice'] },
];

async function twice(folder: string, seed: number, split: Split, bytes: Buffer, copy: Buffer, extension: string) {
  const other = `${folder}-copy`;
  const [named, again] = [`${folder}/good/a.png`, `${other}/good/a.${extension}`];
  const files = {
    [named]: bytes,
    [`${folder}/bad/a.jpg`]: await jpeg(seed + PARTNER),
    [again]: copy,
    [`${other}/bad/a.jpg`]: await jpeg(seed + 2 * PARTNER),
  };
  return { files, named: [named, again], copy: again, splits: { [folder]: 'train', [other]: split } } as const;
}

const cleanvision = ['exact_duplicates', 'near_duplicates'];

/** Each a set of its own: the photos of other cases are cut from the same two, and a part that two share may be told instead. */
export const COPIES: readonly Kind[] = PLACES.flatMap(({ name: where, codes, split }): readonly Kind[] => [
  {
    name: `the same file ${where}`,
    codes,
    cleanvision,
    apart: true,
    make: async (folder, _number, seed) => {
      const bytes = await png(seed);
      return twice(folder, seed, split, bytes, bytes, 'png');
    },
  },
  ...CHANGES.map(({ name, extension = 'jpg', write }): Kind => ({
    name: `a photo ${where}, once ${name}`,
    codes,
    cleanvision,
    apart: true,
    make: async (folder, number, seed) => {
      const bytes = await (await photo(seed)).png({ compressionLevel: 1 }).toBuffer();
      return twice(folder, seed, split, bytes, await write(sharp(bytes), number).toBuffer(), extension);
    },
  })),
]);
