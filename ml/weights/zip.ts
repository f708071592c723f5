/**
 * The files of a ZIP archive that stores them as they are, which is how PyTorch writes checkpoints: no compression, so that
 * nothing can unfold into more than was read. Format: PKWARE APPNOTE 6.3, with ZIP64 sizes.
 */

const END = 0x06054b50;
const END_BYTES = 22;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const ZIP64_EXTRA = 0x0001;
const IN_ZIP64 = 0xffffffff;
/** Files of an archive: a checkpoint has one for each tensor, and ten more. */
const MOST_FILES = 20_000;

/**
 * Name and bytes (a view into `archive`) of every file.
 * @throws RangeError or Error, in words, where the archive is cut short, damaged or compressed.
 */
export function readStoredZip(archive: Buffer): Map<string, Buffer> {
  const { count, offset } = findDirectory(archive);
  if (count > MOST_FILES) throw new Error(`it holds ${count} files, more than ${MOST_FILES}`);
  const files = new Map<string, Buffer>();
  let at = offset;
  for (let index = 0; index < count; index++) {
    if (archive.readUInt32LE(at) !== CENTRAL) throw new Error('its directory is damaged');
    const nameLength = archive.readUInt16LE(at + 28);
    const extraLength = archive.readUInt16LE(at + 30);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const extra = archive.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    if (archive.readUInt16LE(at + 10) !== 0) throw new Error(`${name} in it is compressed`);
    if (files.has(name)) throw new Error(`it holds two files named ${name}`);
    const [size, header] = widened(extra, [archive.readUInt32LE(at + 24), archive.readUInt32LE(at + 42)], archive.readUInt32LE(at + 20));
    files.set(name, stored(archive, name, header, size));
    at += 46 + nameLength + extraLength + archive.readUInt16LE(at + 32);
  }
  return files;
}

function stored(archive: Buffer, name: string, header: number, size: number): Buffer {
  if (archive.readUInt32LE(header) !== LOCAL) throw new Error(`${name} is not where its directory says`);
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  if (start + size > archive.length) throw new Error(`cut short: ${name} ends at byte ${start + size} of ${archive.length}`);
  return archive.subarray(start, start + size);
}

function findDirectory(archive: Buffer): { count: number; offset: number } {
  // The end record may be followed by a comment of at most 65,535 bytes.
  const last = archive.length - END_BYTES;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
    if (archive.readUInt32LE(at) !== END) continue;
    const locator = at - 20;
    if (locator < 0 || archive.readUInt32LE(locator) !== END64_LOCATOR)
      return { count: archive.readUInt16LE(at + 10), offset: archive.readUInt32LE(at + 16) };
    const end64 = Number(archive.readBigUInt64LE(locator + 8));
    if (archive.readUInt32LE(end64) !== END64) throw new Error('its directory is damaged');
    return { count: Number(archive.readBigUInt64LE(end64 + 32)), offset: Number(archive.readBigUInt64LE(end64 + 48)) };
  }
  throw new Error('cut short: it has no directory');
}

/** Size and offset, from the ZIP64 extra field where their 32 bits do not hold them. The field lists only what overflowed, in this order. */
function widened(extra: Buffer, [size, header]: [number, number], compressedSize: number): [number, number] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== ZIP64_EXTRA) continue;
    let field = at + 4;
    const next = (): number => Number(extra.readBigUInt64LE((field += 8) - 8));
    const wideSize = size === IN_ZIP64 ? next() : size;
    if (compressedSize === IN_ZIP64) next();
    return [wideSize, header === IN_ZIP64 ? next() : header];
  }
  return [size, header];
}
