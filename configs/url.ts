/** URLs in settings and messages: what of one is a credential, and what of it may be shown. */

const URL_IN_TEXT = /https?:[^\s"'<>]+/gi;
const CREDENTIAL_NAME = /sig|token|key|auth|cred|pass|pwd|secret|session|policy|jwt|code/i;
/** Letters and digits mixed at this length are no word. */
const CREDENTIAL_VALUE = /^(?=.*\d)(?=.*[A-Za-z])[\w+/=.~%:-]{20,}$/;

export function isUrl(text: string): boolean {
  return /^https?:/i.test(text);
}

/** Scheme, host and path of a URL; a text that is no URL as it is. */
export function shownUrl(text: string): string {
  if (!isUrl(text)) return text;
  if (!URL.canParse(text)) return text.replace(/[?#].*$/s, '').replace(/^(https?:\/*)[^/]*@/i, '$1');
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`;
}

/** A text in which each URL is reduced to scheme, host and path. */
export function withShownUrls(text: string): string {
  return text.replace(URL_IN_TEXT, shownUrl);
}

/** A text of the same length in which stars stand for user, password and query of each URL. */
export function maskedUrls(text: string): string {
  if (!text.includes(':')) return text;
  return (
    text
      // A scheme has a most length: without one, a long word would be read anew from each of its letters.
      .replace(/([a-z][\w+.-]{0,30}:\/\/)([^\s/@"']*)@/gi, (_, scheme: string, user: string) => `${scheme}${'*'.repeat(user.length)}@`)
      .replace(URL_IN_TEXT, (url) => url.replace(/[?#].*$/s, (rest) => `${rest[0]}${'*'.repeat(rest.length - 1)}`))
  );
}

/** The kind of credential that a URL holds, in words without its value; null for none. */
export function credentialIn(url: string): string | null {
  if (/^[a-z][\w+.-]*:\/*[^/?#\\]*@/i.test(url)) return 'a user name or password';
  if (!URL.canParse(url)) return null;
  const { searchParams, hash } = new URL(url);
  for (const [name, value] of searchParams) {
    // Without `=` the name is the value.
    if (value === '') {
      if (CREDENTIAL_VALUE.test(name)) return 'a credential in its query';
    } else if (CREDENTIAL_NAME.test(name) || CREDENTIAL_VALUE.test(value)) return `a credential in its query (\`${name}\`)`;
  }
  return CREDENTIAL_NAME.test(hash) || CREDENTIAL_VALUE.test(hash.slice(1)) ? 'a credential behind `#`' : null;
}
