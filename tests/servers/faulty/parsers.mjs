// What a server does with the strings of a handshake besides upgrading: the target as a URL, cookies,
// lists, addresses. The right server looks at none of them; each fault is a parser that throws, and
// what becomes of that: the process dies, the handshake is answered with 500, or never.

const ERROR = [500, 'Internal Server Error'];
const NAMES = /(^|[\s;,&?=])(__proto__|constructor)\b/;

const throws = (parse) => {
  try {
    parse();
    return false;
  } catch {
    return true;
  }
};

const cookies = (request) => request.all('cookie').join(';').split(';').filter((pair) => pair !== '');

/** [fault, whether its parser throws, what follows]. */
const PARSERS = [
  ['url-crash', (r) => throws(() => new URL(r.target, 'http://localhost')), 'die'],
  ['query-names-500', (r) => NAMES.test(r.target), ERROR],
  ['cookie-escape-crash', (r) => throws(() => cookies(r).map((c) => decodeURIComponent(c))), 'die'],
  ['cookie-without-value-crash', (r) => throws(() => cookies(r).map((c) => c.split('=')[1].trim())), 'die'],
  ['cookie-long-500', (r) => cookies(r).some((c) => c.length > 4096), ERROR],
  ['cookie-controls-500', (r) => cookies(r).some((c) => /%[01][0-9A-F]/.test(c)), ERROR],
  ['cookie-quote-hangs', (r) => cookies(r).some((c) => /^[^"]*"[^"]*$/.test(c)), ['hang']],
  ['cookie-names-crash', (r) => cookies(r).some((c) => NAMES.test(c)), 'die'],
  ['origin-crash', (r) => r.all('origin').some((o) => throws(() => new URL(o))), 'die'],
  ['origin-long-500', (r) => r.all('origin').some((o) => o.length > 4000), ERROR],
  ['sub-blank-crash', (r) => r.all('sec-websocket-protocol').join(',').split(',').length > 1 &&
    r.list('sec-websocket-protocol').includes(''), 'die'],
  ['sub-twice-500', (r) => new Set(r.list('sec-websocket-protocol')).size < r.list('sec-websocket-protocol').length,
    ERROR],
  ['sub-blanks-stall', (r) => /[ \t]{3000}/.test(r.all('sec-websocket-protocol').join()), 'stall'],
  ['ext-quote-hangs', (r) => (r.all('sec-websocket-extensions').join().match(/"/g) ?? []).length % 2 === 1, ['hang']],
  ['ext-backslashes-stall', (r) => /\\{1000}/.test(r.all('sec-websocket-extensions').join()), 'stall'],
  ['ext-names-500', (r) => NAMES.test(r.all('sec-websocket-extensions').join()), ERROR],
  ['forwarded-quote-crash', (r) => r.all('forwarded').some((v) => /="[^"]*$/.test(v)), 'die'],
  ['forwarded-for-500', (r) => r.list('x-forwarded-for').some((v) => !/^(|[0-9]{1,3}(\.[0-9]{1,3}){3})$/.test(v)), ERROR],
  ['forwarded-port-crash', (r) => r.all('x-forwarded-port').some((v) => !/^[0-9]+$/.test(v)), 'die'],
];

/** [status, text] of what a parser's fault makes of this request, or null. */
export function parsed(request, has, world) {
  for (const [fault, thrown, end] of PARSERS) {
    if (!has(fault) || !thrown(request)) continue;
    if (end === 'die') world.die();
    if (end === 'stall') world.stall(4000);
    return Array.isArray(end) ? end : ERROR;
  }
  return null;
}
