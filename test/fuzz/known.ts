/** What was found once and is too large for a file, or clearer as a line of code. */
import { littleModel } from '../ml/onnx/quantize/little-model.js';
import { encodeModel } from '../../ml/onnx/messages.js';

interface Known {
  readonly parser: string;
  readonly what: string;
  readonly make: () => Buffer;
}

/** A pickle that comes to its instruction for a dictionary again and again. */
const pickle = (instruction: string, times: number): Buffer => Buffer.from(`\x80\x02\x8a\x00${instruction.repeat(times)}`, 'latin1');

/** safetensors of a header, and so many bytes behind it. */
function safetensors(header: unknown, bytes: number): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(bytes)]);
}

/** A network one of whose weights says that it has these sides. */
function network(dims: readonly number[]): Buffer {
  const model = littleModel();
  const [first, ...others] = model.graph.initializer;
  if (first === undefined) throw new Error('a network without weights');
  return Buffer.from(encodeModel({ ...model, graph: { ...model.graph, initializer: [{ ...first, dims: [...dims] }, ...others] } }));
}

const numbers = (count: number): string => Array.from({ length: count }, (_, n) => n).join(',');

export const KNOWN: readonly Known[] = [
  {
    parser: 'settings',
    what: 'one line of 160 KB with a fault every few bytes: 26 MB of words',
    make: () => Buffer.from(`{${'a: 1, '.repeat(27_000)}}`),
  },
  { parser: 'settings', what: 'aliases without an anchor: 48 s', make: () => Buffer.from(`a: [${'*x, '.repeat(40_000)}]`) },
  { parser: 'settings', what: 'a long word and a colon: read anew from each letter', make: () => Buffer.from(`${'x'.repeat(200_000)}: {`) },
  { parser: 'settings', what: 'nesting that ends the stack', make: () => Buffer.from('['.repeat(200_000)) },
  { parser: 'settings', what: 'colons in braces, each a level: the stack ended', make: () => Buffer.from(`a: { b${': '.repeat(3_000)}}`) },
  { parser: 'settings', what: 'brackets that close nothing: 512 MB', make: () => Buffer.from(`a: 1\n${']'.repeat(800_000)}`) },
  { parser: 'settings', what: 'one text of 200,000 lines: 5 s', make: () => Buffer.from(`a: ${'g \n '.repeat(200_000)}`) },
  { parser: 'settings', what: 'a list of ones: 537 MB', make: () => Buffer.from(`a: [${'1,'.repeat(500_000)}]`) },
  { parser: 'metrics', what: 'empty lines: 6 s', make: () => Buffer.from('\n'.repeat(800_000)) },
  { parser: 'splits', what: 'keys without values, each a level: the stack ended', make: () => Buffer.from(`{${'"a": '.repeat(30_000)}`) },
  { parser: 'splits', what: 'empty texts side by side: 280 MB', make: () => Buffer.from(`{${'"'.repeat(800_000)}`) },
  {
    parser: 'splits',
    what: 'a list of empty stems',
    make: () => Buffer.from(`{"a":{"train":["",${'"",'.repeat(300_000)}""],"val":[],"test":[]}}`),
  },
  { parser: 'splits', what: 'as the settings', make: () => Buffer.from(`{${'"a": "train", '.repeat(12_000)}}`) },
  { parser: 'scores', what: 'quotes only', make: () => Buffer.from(`"${'""'.repeat(400_000)}`) },
  {
    parser: 'degradations',
    what: 'a list of what is no scene',
    make: () => Buffer.from(`{"version":2,"synthetic":true,"seed":1,"scenes":[${numbers(120_000)}],"skipped":[]}`),
  },
  { parser: 'ledger', what: 'a list of what is no task', make: () => Buffer.from(`{"version":1,"tasks":[${numbers(120_000)}]}`) },
  { parser: 'manifest', what: 'a list of what is no file', make: () => Buffer.from(`{"format":2,"files":[${numbers(120_000)}]}`) },
  { parser: 'metrics', what: 'lines without end', make: () => Buffer.from('{}\n'.repeat(300_000)) },
  { parser: 'pickle', what: 'an instruction of one byte makes 300: 8 MB ended a process', make: () => pickle('}', 1_000_000) },
  { parser: 'pickle', what: 'marks: 150 million ended a worker twice', make: () => pickle('(', 1_000_000) },
  {
    parser: 'safetensors',
    what: 'tensors that share their bytes: 1.1 MB became 1.6 GB',
    make: () =>
      safetensors(
        Object.fromEntries(
          Array.from({ length: 1500 }, (_, n) => [`t${n}`, { dtype: 'F32', shape: [1 << 17], data_offsets: [0, 1 << 19] }]),
        ),
        1 << 19,
      ),
  },
  {
    parser: 'safetensors',
    what: 'a name that is an escape',
    make: () => safetensors({ '\u001b[31m': { dtype: 'F99', shape: [], data_offsets: [0, 4] } }, 4),
  },
  {
    parser: 'safetensors',
    what: 'a name as long as the header',
    make: () => safetensors({ ['x'.repeat(500_000)]: { dtype: 'F99', shape: [], data_offsets: [0, 4] } }, 4),
  },
  {
    parser: 'safetensors',
    what: 'a header in which all is wrong',
    make: () => safetensors(`{${Array.from({ length: 40_000 }, (_, n) => `"${n}":1`).join()}}`, 0),
  },
  ...[[1e15], [-1], [4e9, 4e9, 0], [4e9]].map((dims) => ({
    parser: 'onnx',
    what: `a weight of [${dims.join()}]`,
    make: () => network(dims),
  })),
];
