// The opening handshake (RFC 6455 section 4.2): which requests are accepted, and what the 101 says.

import crypto from 'node:crypto';
import { isToken } from './http.mjs';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const UPGRADE = { Upgrade: 'websocket' };
const VERSIONS = { ...UPGRADE, 'Sec-WebSocket-Version': '13' };

const bad = (why) => [400, 'Bad Request', {}, `${why}\n`];

/** [status, text, headers, body] of the refusal, or null. The order of the checks is the answer's. */
export function refusal(request, has, world) {
  for (const check of [strange, method, host, body, upgrade, version, key, origin, path]) {
    const refused = check(request, has, world);
    if (refused) return refused;
  }
  return null;
}

/** Harmless headers that a fault refuses. */
function strange(request, has) {
  const known = /^(host|upgrade|connection|origin|cookie|user-agent|sec-websocket-.*)$/;
  if (has('headers-32') && request.headers.length > 32) return [431, 'Request Header Fields Too Large'];
  if (has('length-refused') && request.all('content-length').length > 0) return bad('a body');
  if (has('headers-listed') && request.headers.some(([name]) => !known.test(name))) return bad('headers');
  if (has('fetch-checked') && request.all('sec-fetch-mode').length > 0) return [403, 'Forbidden'];
  return null;
}

function method(request, has) {
  if (request.method !== 'GET' && !has('any-method')) {
    if (!(has('method-case') && /^get$/i.test(request.method))) {
      return [405, 'Method Not Allowed', { Allow: 'GET' }];
    }
  }
  const [, major, minor] = /^HTTP\/(\d)\.(\d)$/.exec(request.version) ?? [null, '1', '1'];
  if (major === '1' && (minor !== '0' || has('http10'))) return null;
  return has('any-http-version') ? null : [505, 'HTTP Version Not Supported'];
}

function host(request, has, world) {
  const hosts = request.all('host');
  if (hosts.length === 0) return has('no-host') ? null : bad('no Host');
  if (hosts.length > 1) return has('two-hosts') ? null : bad('two Hosts');
  if (has('host-unchecked')) return null;
  const name = '(?:[A-Za-z0-9._~!$&\'*+;=-]|%[0-9A-Fa-f]{2})+';
  const match = new RegExp(`^(\\[[0-9A-Fa-f:.]+\\]|${name})?(?::(\\d{0,5}))?$`).exec(hosts[0]);
  if (!match || match[1] === undefined || Number(match[2] ?? 0) > 65535) return bad('Host');
  if (hosts[0].startsWith('[') && has('no-ipv6-host')) return bad('Host');
  if (world.opts['refuse-host'].includes(match[1].toLowerCase()) && !has('any-host')) {
    return [421, 'Misdirected Request'];
  }
  return null;
}

function body(request, has) {
  const lengths = request.all('content-length');
  const codings = request.all('transfer-encoding');
  if (codings.length > 0 && !has('smuggling')) return bad('a body');
  const unseen = has('expect-ignored') && request.all('expect').length > 0;
  const passed = has('body-is-frames') || has('smuggling') || unseen;
  if (lengths.some((n) => n !== '0') && !passed) return bad('a body');
  const expected = request.list('expect');
  if (request.all('expect').length > 0 && !unseen) {
    if (expected.some((word) => word !== '100-continue')) return [417, 'Expectation Failed'];
    request.continues = true;
  }
  return null;
}

function upgrade(request, has) {
  const wanted = () => {
    const all = request.all('upgrade');
    if (all.length === 0) return has('no-upgrade');
    if (has('upgrade-part')) return /websocket/i.test(all.join(','));
    if (has('upgrade-case')) return request.all('upgrade').includes('websocket');
    if (has('upgrade-no-list')) return all[0].toLowerCase() === 'websocket';
    return request.list('upgrade').includes('websocket');
  };
  const connection = () => {
    const all = request.all('connection');
    if (all.length === 0) return has('no-connection');
    if (has('connection-part')) return /upgrade/i.test(all.join(','));
    if (has('connection-case')) return /(^|,)[ \t]*Upgrade[ \t]*(,|$)/.test(all.join(','));
    if (has('connection-no-list')) return all.length === 1 && all[0].toLowerCase() === 'upgrade';
    if (has('connection-first-line')) return /(^|,)[ \t]*upgrade[ \t]*(,|$)/i.test(all[0]);
    return request.list('connection').includes('upgrade');
  };
  if (!wanted()) return [426, 'Upgrade Required', has('426-bare') ? {} : UPGRADE];
  return connection() ? null : bad('Connection without Upgrade');
}

function version(request, has, world) {
  const values = request.all('sec-websocket-version');
  const refused = () => {
    if (has('version-hangs')) return ['hang'];
    if (has('version-locks-out')) world.lockedOut = true;
    return [426, 'Upgrade Required', has('426-bare') ? {} : VERSIONS];
  };
  if (world.lockedOut) return [403, 'Forbidden'];
  if (values.length === 0) return has('no-version') ? null : refused();
  if (values.length > 1) return has('two-versions') ? null : bad('two versions');
  const [value] = values;
  if (has('any-version')) return null;
  if (has('version-loose') && /^[+-]?0*13(\.|$)|^0x0d$/.test(value)) return null;
  if (has('version-32-bits') && /^\d+$/.test(value) && BigInt.asUintN(32, BigInt(value)) === 13n) {
    return null;
  }
  if (value.includes(',')) return has('version-list') && /\b13\b/.test(value) ? null : bad('versions');
  return value === '13' ? null : refused();
}

function key(request, has, world) {
  const keys = request.all('sec-websocket-key');
  if (keys.length === 0) return has('no-key') ? null : bad('no key');
  if (keys.length > 1) return has('two-keys') ? null : bad('two keys');
  if (keys[0].length > 512 && has('long-key-crash')) world.die();
  if (keys[0] === '' && has('empty-key')) return null;
  if (has('any-key') && keys[0] !== '') return null;
  if (!/^[A-Za-z0-9+/]{22}==$/.test(keys[0])) return bad('key');
  if (has('key-once')) {
    world.keys ??= new Set();
    if (world.keys.has(keys[0])) return bad('key used before');
    world.keys.add(keys[0]);
  }
  return null;
}

/** Those of `--allow-origin` are let in; without it any one origin is. */
function origin(request, has, world) {
  const origins = request.all('origin');
  const refused = [403, 'Forbidden'];
  if (origins.length > 1 || /[ ,]/.test(origins[0] ?? '')) return has('two-origins') ? null : refused;
  if (world.opts['allow-origin'].length === 0 || origins.length === 0) return null;
  const [value] = origins;
  if (has('any-origin')) return null;
  for (const allowed of world.opts['allow-origin']) {
    if (value === allowed) return null;
    if (has('origin-prefix') && value.startsWith(allowed)) return null;
    const name = allowed.replace(/^https?:\/\//, '');
    if (has('origin-suffix') && value.endsWith(name)) return null;
    if (has('origin-no-scheme') && value.replace(/^https?:\/\//, '') === name) return null;
  }
  return has('origin-null') && value === 'null' ? null : refused;
}

function path(request, has, world) {
  const missing = world.opts['missing-path'].some((gone) => request.path.startsWith(gone));
  if (!missing || has('any-path')) return null;
  return [404, 'Not Found', {}, 'no such path\n'];
}

// --- subprotocols ---

/** The name to answer with, null for none, or { refuse }. */
export function subprotocol(request, has, world) {
  const lines = request.all('sec-websocket-protocol');
  if (has('sub-invented')) return 'chat';
  if (lines.length === 0) return null;
  const joined = has('sub-first-line') ? lines[0] : lines.join(',');
  const words = joined.split(',').map((part) => part.trim()).filter((part) => part !== '');
  if (words.length > 500 && has('sub-many-crash')) world.die();
  if ((words.length === 0 || !words.every(isToken)) && !has('sub-any-octets')) {
    return { refuse: bad('subprotocol') };
  }
  if (has('sub-all')) return joined;
  const known = world.opts.subprotocol;
  for (const word of words) {
    if (known.includes(word)) return word;
    if (has('sub-case') && known.includes(word.toLowerCase())) return word.toLowerCase();
  }
  if (has('sub-empty')) return '';
  return has('sub-default') ? known[0] : null;
}

// --- the answer ---

function acceptKey(request, has) {
  let value = request.all('sec-websocket-key')[0] ?? '';
  if (has('accept-untrimmed')) value = request.raw('sec-websocket-key');
  if (has('accept-folded')) value = value.toLowerCase();
  if (has('accept-decoded')) value = Buffer.from(value, 'base64');
  const guid = has('accept-guid') ? GUID.toLowerCase() : GUID;
  const hash = crypto.createHash('sha1').update(value).update(guid);
  return hash.digest(has('accept-hex') ? 'hex' : 'base64');
}

/** The octets of the 101. `more` are further headers, [name, value] each. */
export function switching(request, has, more) {
  const lines = [`HTTP/1.1 ${has('status-200') ? '200 OK' : '101 Switching Protocols'}`];
  const add = (name, value) => lines.push(`${name}: ${value}`);
  if (!has('101-no-upgrade')) add('Upgrade', 'websocket');
  const connection = has('101-connection-close') ? 'close' : 'Upgrade';
  if (!has('101-no-connection')) add('Connection', connection);
  if (!has('101-no-accept')) add('Sec-WebSocket-Accept', acceptKey(request, has));
  if (has('101-two-accepts')) add('Sec-WebSocket-Accept', acceptKey(request, has));
  if (has('101-content-length')) add('Content-Length', '0');
  if (has('101-chunked')) add('Transfer-Encoding', 'chunked');
  if (has('101-reflects')) {
    add('X-Path', unescape(request.target));
    const cookies = request.all('cookie');
    if (cookies.length > 0) add('X-Cookie', unescape(cookies.join(',')));
  }
  for (const [name, value] of more) add(name, value);
  const end = has('101-lf') ? '\n' : '\r\n';
  return Buffer.from(`${lines.join(end)}${end}${end}`, 'latin1');
}

export function answer(status, text, headers = {}, page = '', withBody = true) {
  const length = Buffer.byteLength(page);
  const all = { 'Content-Type': 'text/plain', ...headers, 'Content-Length': length };
  const lines = Object.entries(all).map(([k, v]) => `${k}: ${v}\r\n`);
  return `HTTP/1.1 ${status} ${text}\r\nConnection: close\r\n${lines.join('')}\r\n${withBody ? page : ''}`;
}
