/** What people do to a photo before it turns up a second time. */
import sharp, { type Region, type Sharp } from 'sharp';
import { Draws } from '../../../../ml/random/philox.js';

/** Makes a copy of a square photo's pixels; what is drawn depends on `draws`. */
export type Copy = (photo: Sharp, side: number, draws: Draws) => Sharp;

const crop =
  (across: (draws: Draws) => number, down: (draws: Draws) => number, isCentred = false): Copy =>
  (photo, side, draws) => {
    const [width, height] = [Math.round(side * Math.min(1, across(draws))), Math.round(side * Math.min(1, down(draws)))];
    const place = (): number => (isCentred ? 0.5 : draws.uniform());
    const region: Region = { left: Math.round((side - width) * place()), top: Math.round((side - height) * place()), width, height };
    return photo.extract(region);
  };
const share = (value: number) => (): number => value;
const centred = (value: number): Copy => crop(share(value), share(value), true);
const anywhere = (value: number): Copy => crop(share(value), share(value));
const free = (value: number): Copy =>
  crop(
    (draws) => value * draws.between(0.85, 1.15),
    (draws) => value * draws.between(0.85, 1.15),
  );
const scaled =
  (factor: number): Copy =>
  (photo, side) =>
    photo.resize(Math.round(side * factor), Math.round(side * factor));

/** By what is done and how much. Each copy is then saved as JPEG of quality 85, but for those that are about quality. */
export const COPIES: Readonly<Record<string, Readonly<Record<string, Copy>>>> = {
  'JPEG quality': Object.fromEntries([30, 60, 95].map((quality) => [quality, (photo: Sharp) => photo.jpeg({ quality })])),
  'scaled by': Object.fromEntries([0.3, 0.5, 2].map((factor) => [factor, scaled(factor)])),
  'cropped in the middle, sides': Object.fromEntries([0.95, 0.9, 0.8, 0.7, 0.6].map((value) => [value, centred(value)])),
  'cropped anywhere, sides': Object.fromEntries([0.95, 0.9, 0.8, 0.7, 0.6].map((value) => [value, anywhere(value)])),
  'one side cropped to': Object.fromEntries([0.9, 0.75, 0.6].map((value) => [value, crop(share(1), share(value))])),
  'cropped to any shape, sides about': Object.fromEntries([0.85, 0.7].map((value) => [value, free(value)])),
  'turned by degrees, filled black': Object.fromEntries(
    [1, 2, 5].map((angle) => [angle, (photo: Sharp) => photo.rotate(angle, { background: 'black' })]),
  ),
  brightness: Object.fromEntries(
    [0.7, 0.85, 1.15, 1.3].map((brightness) => [brightness, (photo: Sharp) => photo.modulate({ brightness })]),
  ),
  contrast: Object.fromEntries([0.6, 1.2, 1.4].map((factor) => [factor, (photo: Sharp) => photo.linear(factor, 128 * (1 - factor))])),
  'other colours': { grey: (photo) => photo.greyscale(), 'gamma 1.5': (photo) => photo.gamma(1, 1.5) },
  'blurred, sigma': Object.fromEntries([2, 5].map((sigma) => [sigma, (photo: Sharp) => photo.blur(sigma)])),
  'with a frame, share of the side': Object.fromEntries(
    [0.03, 0.08].map((value) => [
      value,
      (photo: Sharp, side: number) => {
        const [top, left, bottom, right] = Array.from({ length: 4 }, () => Math.round(side * value)) as [number, number, number, number];
        return photo.extend({ top, left, bottom, right, background: 'white' });
      },
    ]),
  ),
  mirrored: {
    whole: (photo) => photo.flop(),
    'and cropped to 0.8': (photo, side, draws) => centred(0.8)(photo, side, draws).flop(),
  },
};

/** A JPEG. @param photo bytes of a square photo. @param number of the photo: copies of one kind differ from photo to photo. */
export async function copyOf(photo: Buffer, copy: Copy, number: number): Promise<Buffer> {
  const { width: side } = await sharp(photo).metadata();
  const draws = new Draws('crop', { seed: 5, epoch: 0, index: number });
  return copy(sharp(photo).removeAlpha().jpeg({ quality: 85 }), side, draws).toBuffer();
}
