/**
 * Files and folders that nobody means as part of a photo set: what systems, storage and file managers leave behind, and what photo programs
 * write beside a photo. Scan, rank, sample and quantise pass over them by these tables alone.
 */
import { posix } from 'node:path';
import { folded, PHOTO_EXTENSIONS, stemOf } from './names.js';

/** Of files and folders, in any capitals. */
const LITTER: readonly RegExp[] = [
  // Hidden: .DS_Store, ._photo.jpg, .Spotlight-V100, .@__thumb, .picasa.ini, .stfolder …
  /^\./,
  // Windows.
  /^(ehthumbs(_vista)?|thumbs)\.db(:encryptable)?$/,
  /^desktop\.ini$/,
  /^(\$recycle\.bin|recycler|recycled|system volume information|found\.\d{3})$/,
  /.zone\.identifier$/,
  // macOS. An icon's name ends with a carriage return, for which Windows and SMB put a character of their own.
  /^icon[\r\uf00d]$/,
  /^(__macosx|network trash folder|temporary items|thevolumesettingsfolder|volumeicon\.icns)$/,
  // Storage on a network: Synology, QNAP and others; Linux and Android disks.
  /^(@eadir|@tmp|@sharebin|#recycle|#snapshot|@recycle|@recently-snapshot|lost\+found|lost\.dir)$/,
  /@syno(eastream|resource)$/,
  // Photo and office programs.
  /^(picasa\.ini|zbthumbnail\.info|pspbrwse\.jbf)$/,
  /^~\$/,
];

export function isLitter(name: string): boolean {
  const spelt = folded(name);
  return LITTER.some((pattern) => pattern.test(spelt));
}

/** What photo programs keep of a photo, and nothing else is called. */
const SIDECARS = new Set(['.xmp', '.aae', '.pp3', '.dop', '.cos', '.on1', '.nksc', '.vrd', '.arp', '.rrdata']);
/** Where a photo of the same name stands beside it: its data, its text, its thumbnail, its moving part. */
const COMPANIONS = new Set(['.json', '.xml', '.txt', '.caption', '.yaml', '.yml', '.md', '.thm', '.lrv', '.mov', '.mp4', '.wav', '.m4a']);

/** Which of the names in a folder stand beside a photo: `p.xmp`, `p.json` and `p.jpg.json` beside `p.jpg`. */
export function sidecarsAmong(names: readonly string[]): ReadonlySet<string> {
  const extension = (name: string): string => posix.extname(name).toLowerCase();
  const candidates = names.filter((name) => SIDECARS.has(extension(name)) || COMPANIONS.has(extension(name)));
  if (candidates.length === 0) return new Set();
  const photos = new Set(names.flatMap((name) => (PHOTO_EXTENSIONS.has(extension(name)) ? [folded(stemOf(name))] : [])));
  const standsBeside = (name: string): boolean => {
    for (let rest = folded(name); posix.extname(rest) !== '';) {
      rest = stemOf(rest);
      if (photos.has(rest)) return true;
    }
    return false;
  };
  return new Set(candidates.filter((name) => SIDECARS.has(extension(name)) || standsBeside(name)));
}
