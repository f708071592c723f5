/**
 * What makes a project itself to a Temporal server: an id in every name that it has there, and the keys that seal what it sends
 * (docs/decisions/0015). Both lie in `.emo-aen/project.json`, which only its owner may read; the environment may name others.
 */
import { syncFolder } from '../../ml/files/folders.js';
import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isAbout, Problem } from '../../configs/problem.js';
import { readRecord } from '../../ml/files/record.js';

export interface Project {
  /** Letters and digits only, so that it ends where the next part of a name begins. */
  readonly id: string;
  /** The first one seals, each of them opens. 32 bytes each. */
  readonly keys: readonly [Buffer, ...Buffer[]];
}

/** Names of the variables that stand in for the file, for a server that several machines share. */
export const ID_VARIABLE = 'EMO_AEN_PROJECT_ID';
export const KEY_VARIABLE = 'EMO_AEN_PAYLOAD_KEY';

const FILE = '.emo-aen/project.json';
const KEY_BYTES = 32;

const Id = z.string().regex(/^[A-Za-z0-9]{1,64}$/);
/** In base64, as `openssl rand -base64 32` prints it. */
const Key = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);
const ProjectFile = z.object({ version: z.literal(1), id: Id, keys: z.array(Key).min(1) });
type ProjectFile = z.infer<typeof ProjectFile>;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The project in `root`. Its file is made where there is none: of two processes that make it at once, one does and the other reads it.
 * @throws Problem CONFIGURATION where a variable is wrong, CONFLICT where the file is damaged, ENVIRONMENT where it may not be read.
 */
export async function projectOf(root: string, env: Environment = process.env): Promise<Project> {
  const [id, keys] = [idIn(env), keysIn(env)];
  if (id !== null && keys !== null) return { id, keys };
  const path = join(root, FILE);
  const file = (await read(path)) ?? (await make(path));
  return { id: id ?? file.id, keys: keys ?? keysOf(file.keys) };
}

function idIn(env: Environment): string | null {
  const given = env[ID_VARIABLE];
  if (given === undefined || given === '') return null;
  if (Id.safeParse(given).success) return given;
  const cure = `use up to 64 letters and digits: export ${ID_VARIABLE}=$(openssl rand -hex 16)`;
  throw new Problem({ code: 'CONFIGURATION', message: `"${given}" cannot be the id of a project`, where: ID_VARIABLE, cure });
}

/** The value is never shown: it is a secret, however wrong. */
function keysIn(env: Environment): Project['keys'] | null {
  const given = env[KEY_VARIABLE];
  if (given === undefined || given === '') return null;
  const keys = given.split(',').map((key) => key.trim());
  if (keys.every((key) => Key.safeParse(key).success)) return keysOf(keys);
  const cure = `export ${KEY_VARIABLE}=$(openssl rand -base64 ${KEY_BYTES}); several keys are separated by commas`;
  throw new Problem({ code: 'CONFIGURATION', message: `not ${KEY_BYTES} bytes in base64`, where: KEY_VARIABLE, cure });
}

function keysOf([first = '', ...others]: readonly string[]): Project['keys'] {
  return [Buffer.from(first, 'base64'), ...others.map((key) => Buffer.from(key, 'base64'))];
}

async function read(path: string): Promise<ProjectFile | null> {
  const found = await readRecord(path, ProjectFile).catch((cause: unknown) => {
    if (!isAbout(cause, 'EACCES', 'EPERM')) throw cause;
    const cure = `work as its owner, or set ${ID_VARIABLE} and ${KEY_VARIABLE}`;
    throw new Problem({ code: 'ENVIRONMENT', message: 'this account may not read the key of this project', where: path, cure, cause });
  });
  if (found.is === 'absent') return null;
  if (found.is === 'sound') return found.value;
  // Not set aside and made anew: with another key every open run would be unreadable without a word.
  const cure = `restore it from a backup; without one: mv ${FILE} ${FILE}.damaged (open runs then stand still, results stay)`;
  throw new Problem({ code: 'CONFLICT', message: `the key of this project ${found.why}`, where: path, cure });
}

/** Written under another name and linked into place: a link never replaces what another process made meanwhile. */
async function make(path: string): Promise<ProjectFile> {
  const made: ProjectFile = { version: 1, id: randomBytes(16).toString('hex'), keys: [randomBytes(KEY_BYTES).toString('base64')] };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(made, null, 2)}\n`);
    await file.sync();
    await file.close();
    await link(temporary, path);
    await syncFolder(dirname(path));
    return made;
  } catch (error) {
    await file.close();
    const other = isAbout(error, 'EEXIST') ? await read(path) : null;
    if (other === null) throw error;
    return other;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Tells keys apart without telling anything of them. */
export function keyId(key: Buffer): string {
  return createHash('sha256').update('emo-aen key id').update(key).digest('hex').slice(0, 16);
}
