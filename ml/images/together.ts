/** Folders that share photos, same or nearly so: they must stand in one split, or the test knows its answers. */
import { Groups } from './groups.js';
import { nearCopies } from './hash.js';
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
  const joinSimilar = (): boolean => {
    const grouped = photos.map(({ photo, content }) => ({ hash: content?.hash ?? null, group: groups.of(photo.folder) ?? photo.folder }));
    const copies = nearCopies(grouped, distance);
    for (const [photo, copy] of copies) groups.join(grouped[photo]?.group ?? '', grouped[copy]?.group ?? '');
    return copies.size > 0;
  };
  // Each photo is given one copy in another group. With the groups joined, those that are left find each other.
  while (joinSimilar());
  return groups.all().filter(({ length }) => length > 1);
}
