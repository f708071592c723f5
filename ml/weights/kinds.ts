/** What people give for weights by mistake, told by its first bytes. */
import type { Problem } from '../../configs/problem.js';

interface Kind {
  readonly is: RegExp;
  readonly what: string;
  readonly cure: string;
}

/** Bytes that are read for it. */
export const KIND_BYTES = 512;

const UNPACK = 'unpack it and give the file inside';
// prettier-ignore
const KINDS: readonly Kind[] = [
  { is: /^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)/i, what: 'an HTML page, as of a login or an error', cure: 'open the address in a browser, and give the address of the file itself, or its path' },
  { is: /^\s*<(\?xml|!doctype|Error|\w+>)/, what: 'XML, as stores answer instead of a file', cure: 'open the address in a browser, and give the address of the file itself, or its path' },
  { is: /^version https:\/\/git-lfs/, what: 'a Git LFS pointer, which stands for the file', cure: 'run git lfs pull where the file lies, or download the file itself' },
  // eslint-disable-next-line no-control-regex -- bytes of a file, not text
  { is: /^\x1f\x8b/, what: 'compressed by gzip', cure: 'unpack it first: gunzip FILE' },
  { is: /^(BZh\d|\xfd7zXZ|\x28\xb5\x2f\xfd|7z\xbc\xaf|Rar!)/, what: 'a compressed file', cure: UNPACK },
  { is: /^[^]{257}ustar/, what: 'a tar archive', cure: UNPACK },
  { is: /^\x93NUMPY/, what: 'a NumPy array', cure: 'save the weights as safetensors, with their names' },
  // eslint-disable-next-line no-control-regex -- bytes of a file, not text
  { is: /^\x08[\x01-\x10]\x12/, what: 'an ONNX model', cure: 'give the checkpoint that it was exported from: .pth, .safetensors or .h5' },
  { is: /^GGUF/, what: 'a GGUF file', cure: 'give the weights as safetensors' },
  { is: /^\s*[[{][\x20-\x7e\s]{15}/, what: 'JSON text', cure: 'give the file of the weights itself' },
];

/** The words for a file that is known to be none of weights; null where nothing is known. */
export function knownMistake(start: Buffer): Pick<Problem, 'message' | 'cure'> | null {
  const text = start.toString('latin1');
  const found = KINDS.find(({ is }) => is.test(text));
  return found === undefined ? null : { message: `no file of weights: it is ${found.what}`, cure: found.cure };
}
