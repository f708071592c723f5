/** Who sits at this terminal, for the record: `user@machine`. */
import { hostname, userInfo } from 'node:os';

export function person(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? 'someone'; // an account without an entry, as in containers
  }
}
