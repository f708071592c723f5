/** What stands in a JPEG in front of its picture (ITU-T T.81, annex B): tables, sampling, and the marks that programs leave. */
import { isFrame } from './jpeg-coding.js';
import { segmentsBeforeScan, START_OF_SCAN, type Segment } from './jpeg-segments.js';

export interface JpegHeader {
  /** Quantisation table of each component, 64 values in zigzag order, 1 to 65,535; the first component is the brightness. */
  readonly tables: readonly Uint16Array[];
  /** `4:2:0`; `grey` of one component; `HxV` of the first component against the second where it has no such name. */
  readonly sampling: string;
  readonly progressive: boolean;
  /** Signatures of application segments, each once, in their order: `JFIF`, `Exif`, `Adobe`, `Ducky`. */
  readonly marks: readonly string[];
  /** Text of the first comment segment; null without one. */
  readonly comment: string | null;
}

const TABLES = 0xdb;
const COMMENT = 0xfe;
const isProgressive = (marker: number): boolean => [0xc2, 0xc6, 0xca, 0xce].includes(marker);
const isApplication = (marker: number): boolean => marker >= 0xe0 && marker <= 0xef;

/** Null for what is no JPEG, or breaks off before its first scan. Reads no further than that. */
export function readJpegHeader(bytes: Buffer): JpegHeader | null {
  const tables = new Map<number, Uint16Array>();
  const marks = new Set<string>();
  let frame: Segment<Buffer> | null = null;
  let comment: string | null = null;
  for (const segment of segmentsBeforeScan(bytes)) {
    const { marker, data } = segment;
    if (marker === START_OF_SCAN) return frame === null ? null : headerOf(frame, tables, [...marks], comment);
    if (marker === TABLES) takeTables(data, tables);
    else if (marker === COMMENT) comment ??= data.toString('latin1');
    else if (isFrame(marker)) frame = segment;
    else if (isApplication(marker)) {
      const mark = /^[A-Za-z]{4,5}(?=\0|$)|^Adobe|^Ducky/.exec(data.toString('latin1', 0, 6))?.[0];
      if (mark !== undefined) marks.add(mark);
    }
  }
  return null;
}

const ENTRIES = 64;

/** One segment may hold several tables: a byte of precision and number, then 64 values of 8 or 16 bits. */
function takeTables(data: Buffer, tables: Map<number, Uint16Array>): void {
  let at = 0;
  while (at < data.length) {
    const head = data[at] ?? 0;
    const width = head >> 4 === 0 ? 1 : 2;
    const values = data.subarray(at + 1, at + 1 + ENTRIES * width);
    if (values.length < ENTRIES * width) return;
    tables.set(
      head & 15,
      Uint16Array.from({ length: ENTRIES }, (_, entry) => values.readUIntBE(entry * width, width)),
    );
    at += 1 + ENTRIES * width;
  }
}

const SAMPLING_NAMES: Readonly<Record<string, string>> = {
  '1x1': '4:4:4',
  '2x2': '4:2:0',
  '2x1': '4:2:2',
  '1x2': '4:4:0',
  '4x1': '4:1:1',
  '4x2': '4:1:0',
};

/** A frame: precision, height, width, count of components, then number, sampling factors and table of each. */
function headerOf(
  { marker, data }: Segment<Buffer>,
  tables: ReadonlyMap<number, Uint16Array>,
  marks: readonly string[],
  comment: string | null,
): JpegHeader | null {
  const count = data[5] ?? 0;
  if (count === 0 || data.length < 6 + 3 * count) return null;
  const components = Array.from({ length: count }, (_, place) => {
    const factors = data[7 + 3 * place] ?? 0;
    return { across: factors >> 4, down: factors & 15, table: tables.get(data[8 + 3 * place] ?? 0) };
  });
  const [first, second] = components;
  const ratio = first === undefined || second === undefined ? null : `${first.across / second.across}x${first.down / second.down}`;
  return {
    tables: components.flatMap(({ table }) => (table === undefined ? [] : [table])),
    sampling: ratio === null ? 'grey' : (SAMPLING_NAMES[ratio] ?? ratio),
    progressive: isProgressive(marker),
    marks,
    comment,
  };
}
