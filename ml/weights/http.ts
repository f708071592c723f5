/**
 * One GET by Node's own HTTP client: redirects followed but never from https to http, through the proxy that the environment names.
 * No package is used for it: undici's assertions end the process when a server closes at an unlucky moment (nodejs/undici#5360).
 */
import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { Problem } from '../../configs/problem.js';
import { shownUrl } from '../../configs/url.js';

const CONNECT_MS = 10_000;
const SILENCE_MS = 60_000;
const MOST_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * The answer that is no redirect, its body not yet read.
 * @throws Problem WEIGHTS where a redirect leads to what is less safe or never ends; the system's errors; `signal.reason` when aborted.
 */
export async function get(text: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage> {
  let { url, authorization } = addressOf(new URL(text));
  for (let step = 0; step <= MOST_REDIRECTS; step++) {
    const response = await answerOf(url, { ...headers, ...authorization }, signal);
    const { location } = response.headers;
    if (!REDIRECTS.has(response.statusCode ?? 0) || location === undefined) return response;
    response.destroy();
    if (!URL.canParse(location, url.href)) throw misled(text, 'an address that is none');
    const next = addressOf(new URL(location, url));
    if (!/^https?:$/.test(next.url.protocol)) throw misled(text, `${next.url.protocol} instead of http`);
    if (url.protocol === 'https:' && next.url.protocol === 'http:')
      throw misled(text, `${shownUrl(next.url.href)}, where anybody on the way can change the file`);
    // A password goes to the server that it is for, and to no other.
    authorization = next.url.origin === url.origin ? { ...authorization, ...next.authorization } : next.authorization;
    url = next.url;
  }
  throw misled(text, `another address more than ${MOST_REDIRECTS} times`);
}

function misled(url: string, where: string): Problem {
  return new Problem({
    code: 'WEIGHTS',
    message: `${shownUrl(url)} leads to ${where}`,
    cure: 'set model.weights.source to the address of the file itself, or to its path',
  });
}

/** User and password of a URL go into a header. */
function addressOf(given: URL): { readonly url: URL; readonly authorization: Readonly<Record<string, string>> } {
  const { username, password } = given;
  const url = new URL(given);
  url.username = url.password = '';
  if (username === '' && password === '') return { url, authorization: {} };
  return { url, authorization: { authorization: basic(username, password) } };
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${decodeURIComponent(user)}:${decodeURIComponent(password)}`).toString('base64')}`;
}

async function answerOf(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage> {
  const proxy = proxyFor(url, process.env);
  const tunnel = proxy === null ? null : await tunnelThrough(proxy, url, signal);
  // Where an agent is named, Node does not ask for the connection that is given.
  const how = { headers, signal, ...(tunnel === null ? { agent: false as const } : { createConnection: () => tunnel }) };
  const request = url.protocol === 'https:' ? httpsRequest(url, how) : httpRequest(url, how);
  return (await settled(request, 'response'))[0] as IncomingMessage;
}

/** Sends the request and waits for what it is for. One that says nothing for too long is ended. */
async function settled(request: ClientRequest, event: 'response' | 'connect'): Promise<unknown[]> {
  request.setTimeout(SILENCE_MS, () => request.destroy(new Error(`nothing came for ${SILENCE_MS / 1000} s`)));
  const slow = setTimeout(() => request.destroy(new Error(`no connection in ${CONNECT_MS / 1000} s`)), CONNECT_MS);
  request.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', () => clearTimeout(slow));
    else clearTimeout(slow);
  });
  // An error after the answer came is the answer's as well, and told there.
  request.on('error', () => undefined);
  try {
    request.end();
    return (await once(request, event)) as unknown[];
  } finally {
    clearTimeout(slow);
  }
}

/** A connection to the URL's server through a proxy, encrypted where the URL is. */
async function tunnelThrough(proxy: URL, url: URL, signal: AbortSignal): Promise<Socket> {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const { username, password } = proxy;
  const server = `${url.hostname}:${port}`;
  const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : proxy.port,
    method: 'CONNECT',
    path: server,
    agent: false,
    signal,
    headers: { host: server, ...(username === '' ? {} : { 'proxy-authorization': basic(username, password) }) },
  });
  const [response, socket] = (await settled(request, 'connect')) as [IncomingMessage, Socket];
  if (response.statusCode !== 200) {
    socket.destroy();
    throw new Error(`the proxy ${proxy.host} answers ${response.statusCode}`);
  }
  if (url.protocol === 'http:') return socket;
  const secure = tlsConnect({ socket, servername: url.hostname });
  await once(secure, 'secureConnect', { signal });
  return secure;
}

/** `https_proxy` or `http_proxy`, in either spelling, unless `no_proxy` names the host, a domain of it, or everything. */
export function proxyFor({ protocol, hostname, port }: URL, environment: NodeJS.ProcessEnv): URL | null {
  const named = (name: string): string => environment[name] || environment[name.toUpperCase()] || '';
  const proxy = named(protocol === 'https:' ? 'https_proxy' : 'http_proxy');
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const own = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  const past = named('no_proxy')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = '', only = own] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(entry.toLowerCase().replace(/^\*?\./, '')) ?? [];
      return only === own && (host === name || host.endsWith(`.${name}`));
    });
  if (proxy === '' || past) return null;
  return new URL(/^https?:\/\//i.test(proxy) ? proxy : `http://${proxy}`);
}
