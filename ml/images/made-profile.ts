/** The ICC profile that says of a colour space what its numbers say (ICC.1:2022): decoders convert by profiles alone. */
import { colorantsOf, D50, type RgbSpace, type Vector } from './rgb-space.js';

/** Points of a curve: those of PQ near black need many. */
const CURVE_POINTS = 4096;

/** An ICC profile of version 2 with a matrix and a curve. Null where the primaries span no colours. */
export function profileOf(name: string, { primaries, light }: RgbSpace): Buffer | null {
  const colorants = colorantsOf(primaries);
  if (colorants === null) return null;
  const curve = Buffer.alloc(12 + 2 * CURVE_POINTS);
  curve.write('curv', 0, 'latin1');
  curve.writeUInt32BE(CURVE_POINTS, 8);
  for (let point = 0; point < CURVE_POINTS; point++)
    curve.writeUInt16BE(Math.round(65535 * Math.min(1, Math.max(0, light(point / (CURVE_POINTS - 1))))), 12 + 2 * point);
  const [red, green, blue] = colorants.map(xyzTag) as [Buffer, Buffer, Buffer];
  const tags: readonly (readonly [string, Buffer])[] = [
    ['desc', descriptionTag(name)],
    ['wtpt', xyzTag(D50)],
    ['rXYZ', red],
    ['gXYZ', green],
    ['bXYZ', blue],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ];
  return assembled(tags);
}

/** Type `XYZ `: three numbers with 16 bits behind the point. */
function xyzTag(values: Vector): Buffer {
  const tag = Buffer.alloc(20);
  tag.write('XYZ ', 0, 'latin1');
  values.forEach((value, axis) => tag.writeInt32BE(Math.round(value * 65536), 8 + 4 * axis));
  return tag;
}

/** Type `desc` of version 2: the name in ASCII, none in Unicode, none for old Macintoshes (67 bytes). */
function descriptionTag(name: string): Buffer {
  const head = Buffer.alloc(12);
  head.write('desc', 0, 'latin1');
  head.writeUInt32BE(name.length + 1, 8);
  return Buffer.concat([head, Buffer.from(`${name}\0`, 'latin1'), Buffer.alloc(8 + 3 + 67)]);
}

const HEADER_BYTES = 128;

function assembled(tags: readonly (readonly [string, Buffer])[]): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + 4 + 12 * tags.length);
  head.writeUInt32BE(0x02400000, 8);
  head.write('mntrRGB XYZ ', 12, 'latin1');
  head.write('acsp', 36, 'latin1');
  xyzTag(D50).copy(head, 68, 8);
  head.writeUInt32BE(tags.length, HEADER_BYTES);
  const parts: Buffer[] = [];
  const places = new Map<Buffer, number>();
  let end = head.length;
  tags.forEach(([type, data], index) => {
    const at = places.get(data) ?? end;
    if (at === end) {
      // Tags begin at multiples of 4.
      parts.push(data, Buffer.alloc((4 - (data.length % 4)) % 4));
      places.set(data, at);
      end += Math.ceil(data.length / 4) * 4;
    }
    const entry = HEADER_BYTES + 4 + 12 * index;
    head.write(type, entry, 'latin1');
    head.writeUInt32BE(at, entry + 4);
    head.writeUInt32BE(data.length, entry + 8);
  });
  head.writeUInt32BE(end, 0);
  return Buffer.concat([head, ...parts]);
}
