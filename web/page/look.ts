/** What can be told of a photo before all of it is decoded: browsers read an image's sides from its header. */
import { KIND_BYTES } from '../../ml/images/kinds.js';
import { insistOnBytes, insistOnKind } from '../shared/refusal.js';
import { Trouble } from '../shared/trouble.js';

/** As `emo-aen rank`: larger ones are refused before they are decoded. */
const MAX_PIXELS = 100_000_000;
const HEIC = /\.(heic|heif)$/i;

/** @param least side in pixels that the model looks at @throws Trouble where the photo cannot be ranked */
export async function lookAt(photo: File, least: number): Promise<void> {
  if (photo.size === 0) throw new Trouble({ message: 'The file is empty', cure: 'Choose a photo' });
  insistOnKind(new Uint8Array(await photo.slice(0, KIND_BYTES).arrayBuffer()));
  const { width, height } = await sidesOf(photo).catch(async (error: unknown) => {
    // The bytes may tell more than the browser does.
    insistOnBytes(new Uint8Array(await photo.arrayBuffer()));
    throw error;
  });
  if (width * height > MAX_PIXELS)
    throw new Trouble({
      message: `${width} x ${height} pixels are more than ${MAX_PIXELS / 1e6} megapixels`,
      cure: 'Make it smaller',
    });
  if (Math.min(width, height) < least)
    throw new Trouble({
      message: `${width} x ${height} pixels are too few: the model looks at ${least} x ${least}`,
      cure: 'Choose a larger version of the photo',
    });
}

async function sidesOf(photo: File): Promise<{ readonly width: number; readonly height: number }> {
  const image = new Image();
  const address = URL.createObjectURL(photo);
  try {
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = () => reject(unreadable(photo));
      image.src = address;
    });
    return { width: image.naturalWidth, height: image.naturalHeight };
  } finally {
    image.src = '';
    URL.revokeObjectURL(address);
  }
}

function unreadable({ name, type }: File): Trouble {
  if (HEIC.test(name) || /^image\/hei[cf]/.test(type))
    return new Trouble({ message: 'This browser cannot read HEIC photos', cure: 'Save it as JPEG, or use Safari' });
  if (type !== '' && !type.startsWith('image/')) return new Trouble({ message: `This is no image but ${type}`, cure: 'Choose a photo' });
  return new Trouble({ message: 'This is no image that this browser can read, or it is damaged', cure: 'Save it anew as JPEG or PNG' });
}
