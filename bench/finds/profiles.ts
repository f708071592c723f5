/** ICC profiles as makers write them: three colorants and one gamma, version 2 (ICC.1:2001). */

const D50 = [0.9642, 1, 0.8249] as const;

/** Red, green and blue in XYZ under D50, and the exponent from value to light; as their specifications have them. */
export const SPACES = {
  'Display-P3': {
    gamma: 2.2,
    colorants: [
      [0.5151, 0.2412, -0.0011],
      [0.292, 0.6922, 0.0419],
      [0.1571, 0.0666, 0.7841],
    ],
  },
  'Adobe RGB': {
    gamma: 2.19921875,
    colorants: [
      [0.6097, 0.3111, 0.0195],
      [0.2053, 0.6257, 0.0609],
      [0.1492, 0.0632, 0.7446],
    ],
  },
  ProPhoto: {
    gamma: 1.8,
    colorants: [
      [0.7977, 0.288, 0],
      [0.1352, 0.7119, 0],
      [0.0313, 0.0001, 0.8249],
    ],
  },
  'Rec. 2020': {
    gamma: 2.4,
    colorants: [
      [0.6735, 0.2791, -0.0019],
      [0.1657, 0.6753, 0.03],
      [0.1251, 0.0456, 0.7968],
    ],
  },
  'linear sRGB': {
    gamma: 1,
    colorants: [
      [0.4361, 0.2225, 0.0139],
      [0.3851, 0.7169, 0.0971],
      [0.1431, 0.0606, 0.7141],
    ],
  },
} as const;

/** The whole profile. */
export function matrixProfile(name: keyof typeof SPACES): Buffer {
  const { gamma, colorants } = SPACES[name];
  const [red, green, blue] = colorants;
  const curve = curveTag(gamma);
  const tags: readonly (readonly [string, Buffer])[] = [
    ['desc', textTag(name)],
    ['cprt', Buffer.from(`text\0\0\0\0none\0`, 'latin1')],
    ['wtpt', xyzTag(D50)],
    ['rXYZ', xyzTag(red)],
    ['gXYZ', xyzTag(green)],
    ['bXYZ', xyzTag(blue)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ];
  const table = Buffer.alloc(4 + 12 * tags.length);
  table.writeUInt32BE(tags.length);
  let offset = HEADER + table.length;
  const data = tags.map(([tag, content], index) => {
    const padded = Buffer.concat([content, Buffer.alloc(-content.length & 3)]);
    table.write(tag, 4 + 12 * index, 'latin1');
    table.writeUInt32BE(offset, 8 + 12 * index);
    table.writeUInt32BE(content.length, 12 + 12 * index);
    offset += padded.length;
    return padded;
  });
  return Buffer.concat([headerOf(offset), table, ...data]);
}

const HEADER = 128;

function headerOf(length: number): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32BE(length, 0);
  header.writeUInt32BE(0x02100000, 8);
  header.write('mntrRGB XYZ ', 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  xyzTag(D50).copy(header, 68, 8);
  return header;
}

function xyzTag(values: readonly number[]): Buffer {
  const tag = Buffer.alloc(20);
  tag.write('XYZ ', 0, 'latin1');
  values.forEach((value, axis) => tag.writeInt32BE(Math.round(value * 65536), 8 + 4 * axis));
  return tag;
}

function curveTag(gamma: number): Buffer {
  const tag = Buffer.alloc(14);
  tag.write('curv', 0, 'latin1');
  tag.writeUInt32BE(1, 8);
  tag.writeUInt16BE(Math.round(gamma * 256), 12);
  return tag;
}

function textTag(text: string): Buffer {
  // Behind the text: no Unicode and no Macintosh one.
  const tag = Buffer.alloc(12 + text.length + 1 + 78);
  tag.write('desc', 0, 'latin1');
  tag.writeUInt32BE(text.length + 1, 8);
  tag.write(text, 12, 'latin1');
  return tag;
}
