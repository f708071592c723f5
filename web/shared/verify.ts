/** Bytes are used only after their size and sha256 were found to be those that were promised. */
import { Trouble } from './trouble.js';

export interface Promised {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** @throws Trouble that names the file and what differs */
export async function verify(bytes: Uint8Array<ArrayBuffer>, { path, bytes: size, sha256 }: Promised): Promise<void> {
  const cure = 'It was altered or cut short and is not used: publish the model again, or load the page again';
  if (bytes.length !== size) throw new Trouble({ message: `${path} has ${bytes.length} bytes instead of ${size}`, cure });
  const found = await sha256Of(bytes);
  if (found !== sha256)
    throw new Trouble({ message: `${path} has the sha256 ${found.slice(0, 12)}… instead of ${sha256.slice(0, 12)}…`, cure });
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
