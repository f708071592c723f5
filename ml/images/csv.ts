/** Comma-separated values, as RFC 4180 has them and as spreadsheets write them. */

export interface Row {
  /** Where it begins, from 1. */
  readonly line: number;
  /** Without spaces around them; none where the row, and all behind it, cannot be read. */
  readonly fields: readonly string[];
}

/** Fields in quotes may hold commas, doubled quotes and line breaks. Lines end with LF, CRLF or CR; a byte order mark and rows without a single word are passed over. */
export function parseCsv(text: string): Row[] {
  const rows: Row[] = [];
  let fields: string[] = [];
  let line = 1;
  let first = 1;
  const field = /"([^"]*(?:""[^"]*)*)"(,|\r\n?|\n|$)|((?:[^",\r\n][^,\r\n]*)?)(,|\r\n?|\n|$)/y;
  const body = text.replace(/^\uFEFF/, '');
  while (field.lastIndex < body.length) {
    const match = field.exec(body);
    if (match === null) return [...rows, { line: first, fields: [] }];
    const [whole, quoted, afterQuoted, plain = '', afterPlain] = match;
    fields.push((quoted === undefined ? plain : quoted.replaceAll('""', '"')).trim());
    line += whole.match(/\r\n?|\n/g)?.length ?? 0;
    if ((afterQuoted ?? afterPlain) === ',' && field.lastIndex < body.length) continue;
    if (fields.some((field) => field !== '')) rows.push({ line: first, fields });
    fields = [];
    first = line;
  }
  return rows;
}
