/** Folders that share photos, same or nearly so: they must stand in one split, or the test knows its answers. */
import { nearDuplicatesOf } from './copies.js';
import { Groups } from './groups.js';
import type { Inspection } from './inspect.js';

/** Groups of two folders and more. `distance` is in bits of the perceptual hash. */
export function foldersTogether(photos: readonly Inspection[], distance: number): string[][] {
  const groups = new Groups(photos.map(({ photo }) => photo.folder));
  const firstFolder = new Map<string, string>();
  for (const { photo, content } of photos) {
    if (content?.pixels == null) continue;
    groups.join(firstFolder.get(content.pixels) ?? photo.folder, photo.folder);
    firstFolder.set(content.pixels, photo.folder);
  }
  for (const { a, b } of nearDuplicatesOf(photos, distance)) groups.join(photos[a]?.photo.folder ?? '', photos[b]?.photo.folder ?? '');
  return groups.all().filter(({ length }) => length > 1);
}
