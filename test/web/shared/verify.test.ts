import assert from 'node:assert/strict';
import { inWords } from '../../../web/shared/trouble.js';
import { verify } from '../../../web/shared/verify.js';

const bytes = new TextEncoder().encode('abc');
/** FIPS 180-4, appendix B.1. */
const file = { path: 'a.onnx', bytes: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' };

describe('verify', () => {
  it('lets pass what was promised', () => verify(bytes, file));

  it('names the file and the digests where a byte differs', async () => {
    const altered = new TextEncoder().encode('abd');
    await assert.rejects(verify(altered, file), /a\.onnx has the sha256 [0-9a-f]{12}… instead of ba7816bf8f01…/);
  });

  it('names the sizes where it was cut short', async () => {
    await assert.rejects(verify(bytes.subarray(0, 2), file), (error) =>
      /a\.onnx has 2 bytes instead of 3\. It was altered/.test(inWords(error)),
    );
  });
});
