/** Where the setting bundle.directory leads. */
import { settingBelow } from '../files/place.js';

/**
 * Absolute path of the bundle's folder, whether it is there or not.
 * @throws Problem CONFLICT where it lies outside of the project root, also by way of a link.
 */
export function bundleFolder(root: string, directory: string): Promise<string> {
  const cure = 'set bundle.directory in configs/export.yaml to a folder below the project root, with no link out of it';
  return settingBelow(root, directory, { where: directory, cure });
}
