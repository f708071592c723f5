import assert from 'node:assert/strict';
import sharp from 'sharp';
import { Problem } from '../../../configs/problem.js';
import { readHeader } from '../../../ml/images/decode.js';
import { corrected } from '../../../ml/images/fix/correct.js';
import { lookAt } from '../../../ml/images/look.js';
import { readSquare } from '../../../ml/images/read-square.js';
import { avif, cicp, exif, icc, iccp, jpegWith, P3_POINTS, plain, SIDE, SRGB_POINTS } from './coloured-photos.js';
import { profileBytes } from './icc-bytes.js';
import { picture, SETTINGS } from './photo-set.js';
import { longs, withChunk } from './png-chunk.js';

/** Levels: the profile of Display P3 that sharp brings has a curve of few points. */
const COARSE = 3;

/** Codes and sentences of what an audit finds, in both modes, which must agree. */
async function found(bytes: Buffer): Promise<string[]> {
  const [full, fast] = await Promise.all(
    (['full', 'fast'] as const).map(async (mode) => {
      const { content } = await lookAt(bytes, { mode, limits: SETTINGS.photos, begin: () => Promise.resolve() });
      return content.faults.map(([code, message]) => `${code}: ${message}`);
    }),
  );
  assert.deepEqual(fast, full);
  return full ?? [];
}

const squareOf = (bytes: Buffer): Promise<Buffer> => readSquare(bytes, { size: SIDE, maxPixels: 1e6, minSide: 1, where: 'my photo' });

async function fixed(bytes: Buffer): Promise<Buffer> {
  const { format } = await readHeader(bytes);
  return sharp(await corrected(bytes, format, ['converted-to-srgb', 'encoded-as-png']), { ignoreIcc: true })
    .raw()
    .toBuffer();
}

function most(a: Uint8Array, b: Uint8Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((worst, value, at) => Math.max(worst, Math.abs(value - (b[at] ?? NaN))), 0);
}

const silent: Readonly<Record<string, () => Promise<Buffer>>> = {
  'nothing at all': plain,
  'gAMA of 1/2.2': async () => withChunk(await plain(), 'gAMA', longs(45455)),
  "gAMA of 1/2.2 and cHRM of sRGB's points": async () =>
    withChunk(withChunk(await plain(), 'gAMA', longs(45455)), 'cHRM', longs(...SRGB_POINTS)),
  'cICP 1/13': async () => withChunk(await plain(), 'cICP', cicp(1, 13, 0, 1)),
  'cICP that leaves it open': async () => withChunk(await plain(), 'cICP', cicp(2, 2, 0, 1)),
  'cICP 1/13 before a profile of Display P3': async () =>
    withChunk(withChunk(await plain(), 'iCCP', iccp(await icc('p3'))), 'cICP', cicp(1, 13, 0, 1)),
  'a profile of sRGB before gAMA of 1': async () =>
    withChunk(withChunk(await plain(), 'gAMA', longs(100_000)), 'iCCP', iccp(await icc('srgb'))),
  'sRGB before gAMA of 1': async () => withChunk(withChunk(await plain(), 'gAMA', longs(100_000)), 'sRGB', cicp(0)),
  'gAMA of 0, which means nothing': async () => withChunk(await plain(), 'gAMA', longs(0)),
  'cHRM that spans no colours': async () => withChunk(await plain(), 'cHRM', longs(...SRGB_POINTS.map(() => 0))),
  'EXIF in a PNG': async () => withChunk(await plain(), 'eXIf', exif(2, 'R03').subarray(6)),
  'nclx 1/13': () => avif(1, 13),
  'nclx that leaves it open': () => avif(2, 2),
  'EXIF that says sRGB': () => jpegWith(1, 'R98'),
};

const told: Readonly<Record<string, readonly [make: () => Promise<Buffer>, name: string]>> = {
  'cICP of Display P3': [async () => withChunk(await plain(), 'cICP', cicp(12, 13, 0, 1)), 'the colour numbers 12/13 (Display P3, sRGB)'],
  'cICP of BT.2020 and PQ': [async () => withChunk(await plain(), 'cICP', cicp(9, 16, 0, 1)), 'the colour numbers 9/16 (BT.2020, PQ)'],
  'cICP of a narrow range': [
    async () => withChunk(await plain(), 'cICP', cicp(1, 13, 0, 0)),
    'the colour numbers 1/13 (BT.709, sRGB, narrow range)',
  ],
  'cICP of Display P3 before a profile of sRGB': [
    async () => withChunk(withChunk(await plain(), 'iCCP', iccp(await icc('srgb'))), 'cICP', cicp(12, 13, 0, 1)),
    'the colour numbers 12/13 (Display P3, sRGB)',
  ],
  'gAMA of 1': [async () => withChunk(await plain(), 'gAMA', longs(100_000)), 'a gamma of 1/1.00 (gAMA)'],
  "cHRM of Display P3's points": [async () => withChunk(await plain(), 'cHRM', longs(...P3_POINTS)), 'primaries (cHRM)'],
  'nclx of Display P3': [() => avif(12, 13), 'the colour numbers 12/13 (Display P3, sRGB)'],
  'nclx of BT.2020 and PQ': [() => avif(9, 16), 'the colour numbers 9/16 (BT.2020, PQ)'],
  'nclx of BT.2020 and HLG': [() => avif(9, 18), 'the colour numbers 9/18 (BT.2020, HLG)'],
  'EXIF that says Adobe RGB': [() => jpegWith(0xffff, 'R03'), 'the colour space Adobe RGB (EXIF)'],
  'EXIF of older cameras that says Adobe RGB': [() => jpegWith(2, null, false), 'the colour space Adobe RGB (EXIF)'],
};

describe('colourOf', () => {
  for (const [name, make] of Object.entries(silent)) {
    it(`takes for sRGB: ${name}`, async () => {
      const bytes = await make();
      assert.deepEqual(await found(bytes), []);
      assert.ok(
        most(await squareOf(bytes), await sharp(bytes, { ignoreIcc: true }).raw().toBuffer()) <= 1,
        'the numbers are left as they are',
      );
    });
  }

  for (const [name, [make, words]] of Object.entries(told)) {
    it(`tells ${name}, and rank and --fix see the same colours, which are others`, async () => {
      const bytes = await make();
      assert.deepEqual(await found(bytes), [`not-srgb: carries ${words}, which is not sRGB`]);
      const square = await squareOf(bytes);
      assert.ok(most(square, await fixed(bytes)) <= 1);
      assert.ok(most(square, await sharp(bytes, { ignoreIcc: true }).raw().toBuffer()) > 5);
    });
  }

  it('sees Display P3 alike by numbers, by points and by a profile', async () => {
    const png = await plain();
    const numbers = await squareOf(withChunk(png, 'cICP', cicp(12, 13, 0, 1)));
    assert.ok(most(numbers, await squareOf(withChunk(png, 'cHRM', longs(...P3_POINTS)))) <= 1);
    assert.ok(most(numbers, await squareOf(withChunk(png, 'iCCP', iccp(await icc('p3'))))) <= COARSE);
  });

  it('takes the profile of an AVIF before its numbers', async () => {
    const p3 = await icc('p3');
    const [both, alone] = [await squareOf(await avif(9, 16, p3)), await squareOf(await avif(1, 13, p3))];
    assert.ok(both.equals(alone));
    assert.ok(most(both, await squareOf(await avif(12, 13))) <= COARSE);
  });

  it('makes of linear light, of PQ and of HLG what their formulas say', async () => {
    const encode = (light: number): number => {
      const value = Math.min(1, Math.max(0, light));
      return 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);
    };
    // SMPTE ST 2084 and ITU-R BT.2100, with 203 cd/m² as white; BT.2087's matrix from BT.2020 to BT.709.
    const pq = (value: number): number => {
      const power = value ** (32 / 2523);
      return (10_000 / 203) * (Math.max(0, power - 0.8359375) / (18.8515625 - 18.6875 * power)) ** (16384 / 2610);
    };
    const hlg = (value: number): number =>
      ((value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12) ** 1.2 * 1000) / 203;
    const toBt709 = ([r = 0, g = 0, b = 0]: readonly number[]): readonly number[] => [
      1.6605 * r - 0.5876 * g - 0.0728 * b,
      -0.1246 * r + 1.1329 * g - 0.0083 * b,
      -0.0182 * r - 0.1006 * g + 1.1187 * b,
    ];
    const same = (colour: readonly number[]): readonly number[] => colour;
    const cases = [
      ['gAMA', longs(100_000), (value: number) => value, same],
      ['cICP', cicp(9, 16, 0, 1), pq, toBt709],
      ['cICP', cicp(9, 18, 0, 1), hlg, toBt709],
    ] as const;
    for (const [type, data, light, matrix] of cases) {
      for (const colour of [
        [128, 128, 128],
        [140, 120, 100],
        [60, 90, 110],
        [20, 20, 20],
      ]) {
        const flat = {
          width: 16,
          height: 16,
          channels: 3,
          background: { r: colour[0] ?? 0, g: colour[1] ?? 0, b: colour[2] ?? 0 },
        } as const;
        const png = withChunk(await sharp({ create: flat }).png().toBuffer(), type, data);
        const [r, g, b] = await readSquare(png, { size: 8, maxPixels: 1e6, minSide: 1, where: 'flat' });
        const expected = matrix(colour.map((value) => light(value / 255))).map(encode);
        assert.ok(
          most([r, g, b].map(Number) as unknown as Uint8Array, expected as unknown as Uint8Array) <= 1.5,
          `${type} ${colour.join()}: ${[r, g, b].join()} for ${expected.join()}`,
        );
      }
    }
  });

  it('refuses numbers that nothing is converted by, in the same words for rank and --fix', async () => {
    const bytes = withChunk(await plain(), 'cICP', cicp(9, 9, 0, 1));
    assert.deepEqual(await found(bytes), ['not-srgb: carries the colour numbers 9/9 (BT.2020, unknown curve), which is not sRGB']);
    const refused = (error: unknown): boolean =>
      error instanceof Problem && error.message === 'carries the colour numbers 9/9 (BT.2020, unknown curve), which cannot be used';
    await assert.rejects(squareOf(bytes), refused);
    await assert.rejects(fixed(bytes), refused);
  });

  it('warns where EXIF says only that the colours are not sRGB, and takes them for sRGB', async () => {
    const bytes = await jpegWith(0xffff, null);
    assert.match((await found(bytes)).join(), /^unnamed-colours: says in EXIF that its colours are not sRGB/);
    assert.ok(most(await squareOf(bytes), await sharp(bytes).raw().toBuffer()) <= 1);
  });

  it('takes a grey photo whose profile has the curve of sRGB for grey', async () => {
    const grey = await (await picture(1, SIDE, SIDE)).toColourspace('b-w').png().toBuffer();
    const tagged = withChunk(grey, 'iCCP', iccp(greyProfile()));
    assert.equal((await readHeader(tagged)).colour?.srgb, true);
    assert.deepEqual(await found(tagged), await found(grey));
    assert.ok((await squareOf(tagged)).equals(await squareOf(grey)));
    assert.ok((await fixed(tagged)).equals(await fixed(grey)));
  });

  it('does not take a profile of grey for one of colours', async () => {
    const bytes = withChunk(await plain(), 'iCCP', iccp(greyProfile()));
    assert.notEqual((await readHeader(bytes)).colour?.srgb, true);
  });
});

/** For grey, with sRGB's curve as a formula (ICC.1:2022, 10.18), as macOS and others write it. */
function greyProfile(): Buffer {
  const text = Buffer.concat([Buffer.from('desc\0\0\0\0\0\0\0\x06sGrey\0', 'latin1'), Buffer.alloc(78)]);
  const curve = Buffer.alloc(32);
  curve.write('para\0\0\0\0\0\x03', 'latin1');
  [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045].forEach((value, at) => curve.writeInt32BE(Math.round(65536 * value), 12 + 4 * at));
  const white = Buffer.concat([
    Buffer.from('XYZ \0\0\0\0', 'latin1'),
    longs(...[0.9642, 1, 0.8249].map((value) => Math.round(65536 * value))),
  ]);
  const profile = profileBytes('GRAY', [
    ['desc', text],
    ['wtpt', white],
    ['kTRC', curve],
  ]);
  white.copy(profile, 68, 8);
  return profile;
}
