/**
 * Which formats libvips opens, in the processes that decode photos of others. It has loaders for documents and drawings as well: the header of an SVG of
 * a few kilobytes takes it minutes, since a drawing without sides is drawn to learn them.
 */
import sharp from 'sharp';

/** Formats that hold photos, and GIF, so that one is told to be a GIF. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Tiff', 'Heif', 'Nsgif'] as const;

/** For this process, from now on; the native decoder, which shares libvips, included. */
export function openPhotosOnly(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: LOADERS.map((name) => `VipsForeignLoad${name}`) });
}
