/** Pictures with edges and shapes like those of a photo, for what a soft gradient has nothing to show to. */
import sharp from 'sharp';
import { Draws } from '../../../ml/random/philox.js';

const SIDE = 512;
const SHAPES = 60;

/** A PNG of 512 x 512 pixels, another one for each number. */
export async function madePhoto(number: number): Promise<Buffer> {
  const draws = new Draws('degrade', { seed: 7, epoch: 0, index: number });
  const colour = (): string => `rgb(${draws.below(256)},${draws.below(256)},${draws.below(256)})`;
  const shapes = Array.from({ length: SHAPES }, (_, shape) => {
    // Large ones first, so that small ones lie on them.
    const size = (SIDE / 2) * 0.96 ** shape;
    const [x, y] = [draws.between(0, SIDE), draws.between(0, SIDE)].map(Math.round);
    const [width, height] = [draws.between(0.4, 1), draws.between(0.4, 1)].map((share) => Math.round(share * size));
    const turned = `fill="${colour()}" transform="rotate(${draws.below(180)} ${x} ${y})"`;
    return draws.below(2) === 0
      ? `<ellipse cx="${x}" cy="${y}" rx="${width}" ry="${height}" ${turned}/>`
      : `<rect x="${x}" y="${y}" width="${width}" height="${height}" ${turned}/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}"><rect width="100%" height="100%" fill="${colour()}"/>${shapes.join('')}</svg>`;
  return sharp(Buffer.from(svg)).blur(1.5).removeAlpha().png({ compressionLevel: 1 }).toBuffer();
}
