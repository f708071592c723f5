import assert from 'node:assert/strict';
import { TrainSettings } from '../../configs/schema/train.js';
import { credentialIn, maskedUrls, shownUrl, withShownUrls } from '../../configs/url.js';

const SECRETS = [
  'https://me:pa55word@host.example/w.pth',
  'https://token@host.example/w.pth',
  'HTTPS:/me:pa55word@host.example/w.pth',
  'ftp://me:pa55word@host.example/w.pth',
  'https://s3.example/w.pth?X-Amz-Date=20260101T000000Z&X-Amz-Signature=abc',
  'https://blob.example/w.pth?sv=2024&sig=a%2Bb',
  'https://host.example/w.pth?access_token=hf_abc',
  'https://host.example/w.pth?v=3HL4kqtJlcpXroDTDmJrmSp',
  'https://host.example/w.pth?3HL4kqtJlcpXroDTDmJrmSp',
  'https://host.example/w.pth#access_token=abc',
];
const SOUND = [
  'weights/w.pth',
  '/a/b@c?d.pth',
  'https://host.example/w.pth',
  'https://host.example/w.pth?download=true',
  'https://host.example/w@1.pth',
];

describe('URLs of settings', () => {
  it('are told apart by whether they hold a credential', () => {
    for (const url of SECRETS) assert.ok(credentialIn(url) !== null, url);
    for (const url of SOUND) assert.equal(credentialIn(url), null, url);
  });

  it('are shown by scheme, host and path', () => {
    for (const url of SECRETS.filter((each) => /^https:\/\//.test(each)))
      assert.match(shownUrl(url), /^https:\/\/[a-z0-9]+\.example\/w\.pth$/);
    assert.equal(shownUrl('https://me:pa55@[bad/w.pth?x=1'), 'https://[bad/w.pth');
    assert.equal(shownUrl('weights/w.pth?x'), 'weights/w.pth?x');
    assert.equal(
      withShownUrls('got https://a.example/b?c=d, then "https://u:p@e.example/f"'),
      'got https://a.example/b then "https://e.example/f"',
    );
  });

  it('are masked in place, so that carets stay below what they point at', () => {
    const line = '  source: "https://me:pa55@h.example/w?sig=abc" # note';
    assert.equal(maskedUrls(line), '  source: "https://*******@h.example/w?*******" # note');
    assert.equal(maskedUrls('a: b'), 'a: b');
  });

  it('are refused as weights with a credential, and so are other schemes and names that are none', () => {
    const source = TrainSettings.shape.model.shape.weights.shape.source;
    for (const url of [...SECRETS, 's3://bucket/key', 'env:', 'env:NO-NAME', 'env:A B']) {
      const parsed = source.safeParse(url);
      assert.ok(!parsed.success, url);
      assert.ok(!/pa55word|X-Amz-Signature=abc|hf_abc|3HL4/.test(parsed.error.issues[0]?.message ?? ''), url);
    }
    for (const url of [...SOUND, 'env:WEIGHTS_URL', null]) assert.ok(source.safeParse(url).success, String(url));
  });
});
