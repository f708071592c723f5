import assert from 'node:assert/strict';
import { isOurHost } from '../../../workers/ui/host.js';

describe('the host that a request names', () => {
  for (const host of [
    '127.0.0.1',
    '127.0.0.1:8470',
    '192.168.1.7:80',
    '[::1]',
    '[::1]:8470',
    '[fe80::1]:80',
    'localhost',
    'LOCALHOST:8470',
  ])
    it(`is ours: ${host}`, () => assert.ok(isOurHost(host)));

  for (const host of [
    undefined,
    '',
    ':80',
    'evil.example',
    'evil.example:8470',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '127.0.0.1@evil.example',
    '[evil]',
  ])
    it(`is not ours: ${host}`, () => assert.ok(!isOurHost(host)));

  it('is ours too where it is named, in any case, and then no other', () => {
    assert.ok(isOurHost('Studio.local:8470', ['studio.local']));
    assert.ok(!isOurHost('other.local', ['studio.local']));
  });
});
