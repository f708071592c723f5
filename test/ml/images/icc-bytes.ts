/** An ICC profile of version 2 of these tags, one behind the other (ICC.1:2022, 7.2 and 7.3). @param space four letters of what it converts */
export function profileBytes(space: 'RGB ' | 'GRAY', tags: readonly (readonly [type: string, data: Buffer])[]): Buffer {
  const head = Buffer.alloc(128 + 4 + 12 * tags.length);
  head.writeUInt32BE(0x02400000, 8);
  head.write(`mntr${space}XYZ `, 12, 'latin1');
  head.write('acsp', 36, 'latin1');
  head.writeUInt32BE(tags.length, 128);
  let end = head.length;
  tags.forEach(([type, data], index) => {
    head.write(type, 132 + 12 * index, 'latin1');
    head.writeUInt32BE(end, 136 + 12 * index);
    head.writeUInt32BE(data.length, 140 + 12 * index);
    end += data.length;
  });
  head.writeUInt32BE(end, 0);
  return Buffer.concat([head, ...tags.map(([, data]) => data)]);
}
