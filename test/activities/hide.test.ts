import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { hiderOf } from '../../activities/hide.js';
import { secretsOf } from '../../activities/secrets.js';
import { Problem } from '../../configs/problem.js';

const TOKEN = `it's "half" \\ a+b/c=d é`;
const hide = hiderOf(new Map([['TOKEN', TOKEN]]));

describe('the hiding of secrets', () => {
  it('finds them as programs write them', () => {
    const forms = [
      TOKEN,
      JSON.stringify({ TOKEN_IS: TOKEN }),
      JSON.stringify({ a: JSON.stringify(TOKEN) })
        .replaceAll('\\\\', '\\')
        .replaceAll('\\"', '"'),
      inspect({ x: TOKEN }),
      encodeURIComponent(TOKEN),
      new URLSearchParams({ x: TOKEN }).toString(),
      Buffer.from(TOKEN).toString('hex'),
      ...['', 'u:', 'me:', 'you:'].map((user) => `Basic ${Buffer.from(`${user}${TOKEN}`).toString('base64')}`),
      Buffer.from(`x:${TOKEN}`).toString('base64url'),
    ];
    for (const form of forms) assert.match(hide(form), /<TOKEN>/, form);
    for (const form of forms) assert.ok(!hide(form).includes('half'), form);
  });

  it('finds lines of a key, and parts of a URL', () => {
    const key = `-----BEGIN KEY-----\n  MIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n`;
    const url = 'https://me:pa55@host.example/w.safetensors?X-Amz-Expires=3600&X-Amz-Signature=0123456789abcdef%2Fx';
    const both = hiderOf(
      new Map([
        ['KEY', key],
        ['URL', url],
      ]),
    );
    assert.equal(both('line hkiG9w0BAQEFAASC'), 'line <KEY>');
    assert.equal(both(`GET ${url}`), 'GET <URL>');
    assert.equal(
      both('sig 0123456789abcdef/x, raw 0123456789abcdef%2Fx, pass pa55, for 3600 s'),
      'sig <URL>, raw <URL>, pass <URL>, for 3600 s',
    );
  });

  it('hides the longer of two that share letters, and searches nothing that it put in', () => {
    const shared = hiderOf(
      new Map([
        ['A', 'secret'],
        ['SECRET', 'secretlonger'],
        ['C', 'SECRET'],
      ]),
    );
    assert.equal(shared('secretlonger secret SECRET'), '<SECRET> <A> <C>');
  });

  it('leaves no secret of any letters in any text', () => {
    const value = fc.string({ unit: 'grapheme', minLength: 4, maxLength: 20 }).filter((text) => text.trim().length >= 4);
    fc.assert(
      fc.property(value, fc.string(), fc.string(), (secret, before, after) => {
        const shown = hiderOf(new Map([['N', secret]]))(`${before}${secret}${after}`);
        assert.ok(shown.includes('<N>') && !shown.includes(secret));
      }),
      { numRuns: 50 },
    );
  });
});

describe('what a task may show', () => {
  const secrets = (PIN: string) => secretsOf('t', ['PIN'], 'cpu', { PIN });

  it('has secrets hidden in texts, never in names and numbers', () => {
    assert.deepEqual(secrets('1234').hidden({ message: 'step 1234', done: 1234, numbers: { '1234': 1 } }), {
      message: 'step <PIN>',
      done: 1234,
      numbers: { '1234': 1 },
    });
    assert.deepEqual(secrets('message').hidden({ message: 'a message', list: ['message', null, true] }), {
      message: 'a <PIN>',
      list: ['<PIN>', null, true],
    });
    assert.deepEqual(secrets('true').hidden({ yes: true }), { yes: true });
  });

  it('refuses a secret that is too short to be hidden, without showing it', () => {
    for (const short of ['a', '7Q3', ' x9 \n']) {
      assert.throws(
        () => secrets(short).insist(),
        (error: unknown) => {
          assert.ok(error instanceof Problem && error.code === 'ENVIRONMENT' && /PIN has fewer than 4 characters/.test(error.message));
          return !error.describe().includes(short.trim()) || short === 'a';
        },
      );
    }
    secrets('long').insist();
  });

  it('has the keys that the product reads hidden, declared or not', () => {
    const { hide: hideAll, secret } = secretsOf('t', [], 'cpu', { WANDB_API_KEY: 'abcd1234' });
    assert.equal(hideAll('key abcd1234'), 'key <WANDB_API_KEY>');
    assert.throws(() => secret('WANDB_API_KEY'), Problem);
  });
});
