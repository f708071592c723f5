import assert from 'node:assert/strict';
import { treesMatch } from '../../setup/npm.mjs';

const sharp = { version: '1.0.0', integrity: 'sha512-a' };
const other = { version: '1.0.0', integrity: 'sha512-b', optional: true };

describe('whether node_modules holds what the lock file says', () => {
  it('is true of the same packages, less optional ones of other platforms', () => {
    assert.ok(treesMatch({ '': {}, 'node_modules/sharp': sharp, 'node_modules/darwin': other }, { 'node_modules/sharp': sharp }));
  });

  it('is false of another version, other bytes, a missing package and one too many', () => {
    const wanted = { '': {}, 'node_modules/sharp': sharp };
    assert.ok(!treesMatch(wanted, { 'node_modules/sharp': { ...sharp, version: '1.0.1' } }));
    assert.ok(!treesMatch(wanted, { 'node_modules/sharp': { ...sharp, integrity: 'sha512-c' } }));
    assert.ok(!treesMatch(wanted, {}));
    assert.ok(!treesMatch(wanted, { 'node_modules/sharp': sharp, 'node_modules/left': sharp }));
  });
});
