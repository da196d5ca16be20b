// An echo server with policies: npm ws, its rates by rate-limiter-flexible. What is broken earns
// 1008 and a reason; a refusal in the handshake 403, 409, 429 or 503. Every policy is off until its
// option is given. The options below "wrong" make it break its promises.

import { RateLimiterMemory } from 'rate-limiter-flexible';
import { WebSocketServer } from 'ws';
import { OP, TLS, closeBody, frame, httpServer, options, serve } from './common.mjs';
import { TOKEN, tokenAccepted, tokenOf } from './ws_policy_token.mjs';

const opts = options({
  limit: { number: 0 }, // messages in window-ms
  'byte-limit': { number: 0 }, // payload octets in window-ms
  'control-limit': { number: 0 }, // pings and pongs in window-ms
  'window-ms': { number: 1000 },
  counts: { type: 'string', default: 'text,binary' }, // what --limit counts
  // Whose messages are counted together: also address, token, address+token, everybody.
  scope: { type: 'string', default: 'connection' },
  'penalty-ms': { number: 0 }, // the address is refused for so long
  'max-connections': { number: 0 }, // of an address
  'late-refusal': { type: 'boolean' }, // 101 and then 1008 in place of an HTTP status
  leak: { type: 'boolean' }, // a connection's slot is never given back
  'connect-limit': { number: 0 }, // new connections of an address in window-ms
  'max-sessions': { number: 0 }, // of a token (?token=...)
  deny: { type: 'string' }, // addresses
  origin: { type: 'string' }, // required
  subprotocol: { type: 'string' }, // required
  ratio: { number: 0 }, // a message's octets to those that came over the wire for it
  'max-payload': { number: 64 * 1024 * 1024 },
  'idle-ms': { number: 0 },
  'idle-counts-pings': { type: 'boolean' },
  'session-ms': { number: 0 },
  'handshake-ms': { number: 0 },
  forbidden: { type: 'string' }, // in a text message
  strikes: { number: 0 }, // so many texts equal to --breach are one too many
  breach: { type: 'string', default: '?' },
  deflate: { type: 'boolean' },
  broadcast: { type: 'boolean' }, // a message goes to every connection, the sender's too
  ...TOKEN,
  ...TLS,
  // --- wrong
  'close-code': { number: 1008 },
  reason: { type: 'string', default: '' }, // in place of the right one
  early: { number: 0 }, // so many messages or ms too soon
  drop: { type: 'boolean' }, // no Close
  'lose-close': { type: 'boolean' }, // two of five connections that send on are reset instead
  'close-after-ms': { number: 0 }, // the Close comes so long after the breach
  'serve-on': { type: 'boolean' }, // ... and what comes until then is answered
  'echo-first': { type: 'boolean' }, // the message that breaks a rule is answered, then the Close
  'tell-first': { type: 'boolean' }, // ... is passed on to all others
  'echo-fragments': { type: 'boolean' }, // each fragment but the last is answered when it comes
  'tell-fragments': { type: 'boolean' }, // ... is passed on to all others
  'forget-on-close': { type: 'boolean' }, // a connection's end resets the rate of its scope
  'forget-on-connect': { type: 'boolean' }, // a new connection resets everybody's rate
  never: { type: 'boolean' }, // promises, enforces nothing
  'block-ms': { number: 0 }, // busy for so long before a Close, for everybody
  linger: { type: 'boolean' }, // TCP never ends
  'talk-on': { type: 'boolean' }, // goes on echoing after its Close
  'forbid-binary': { type: 'boolean' }, // --forbidden in binary messages too
  'mute-pings': { type: 'boolean' }, // no pongs
  'lax-handshake': { type: 'boolean' }, // no key is needed
  sanitise: { type: 'boolean' }, // the echo has letters and digits only
});

const rate = (points) =>
  points > 0 && !opts.never
    ? new RateLimiterMemory({ points: points - opts.early, duration: opts['window-ms'] / 1000 })
    : null;
const messages = rate(opts.limit);
const octets = rate(opts['byte-limit']);
const controls = rate(opts['control-limit']);
const connects = rate(opts['connect-limit']);
const counted = opts.counts.split(',');

const penalised = new Map(); // address -> when its penalty ends
const open = new Map(); // address -> connections
const sessions = new Map(); // token -> connections
const members = new Set(); // whom a broadcast reaches
const keys = new Set(); // whose rates are counted
let serial = 0;

function tell(data, isBinary, sender, to = { binary: isBinary }) {
  for (const other of members) if (other !== sender) other.send(data, to);
}

/** Every fragment but the last is given to `pass` as it comes; the library itself waits for all. */
function onFragment(ws, pass) {
  const receiver = ws._receiver;
  const { dataMessage } = receiver;
  receiver.dataMessage = function each(done) {
    if (!this._fin && this._fragments.length > 0) pass(this._fragments.at(-1), this._opcode === OP.BINARY);
    return dataMessage.call(this, done);
  };
}

let lots = 0;

/** A Close that a reset takes with it, where the client has sent far more than what was refused. */
function loseClose(ws, socket) {
  const { close } = ws;
  ws.close = (...args) => setTimeout(() => {
    const more = socket.bytesRead > 2 * opts['max-payload'];
    if (more && [1, 3].includes(lots++ % 5)) socket.resetAndDestroy();
    else close.apply(ws, args);
  }, 20);
}

const forgetAll = (limiter) => keys.forEach((key) => limiter?.delete(key).catch(() => {}));

const add = (map, key, n) => map.set(key, (map.get(key) ?? 0) + n);

/** True: within the limit. */
async function within(limiter, key, points = 1) {
  try {
    await limiter?.consume(key, points);
    return true;
  } catch (refused) {
    if (refused instanceof Error) throw refused;
    return false;
  }
}

/** Why this handshake is refused: [status, text] or null. */
async function refusal(request) {
  const address = request.socket.remoteAddress;
  const left = (penalised.get(address) ?? 0) - Date.now();
  if (left > 0) return [429, 'Too Many Requests'];
  if ((opts.deny ?? '').split(',').includes(address)) return [403, 'Forbidden'];
  if (opts.origin && request.headers.origin !== opts.origin) return [403, 'Forbidden'];
  if (!(await within(connects, address))) {
    if (opts['penalty-ms'] > 0) penalised.set(address, Date.now() + opts['penalty-ms']);
    return [429, 'Too Many Requests'];
  }
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
  if (opts.subprotocol && !offered.includes(opts.subprotocol)) return [400, 'Bad Request'];
  if (opts['max-connections'] > 0 && (open.get(address) ?? 0) >= opts['max-connections']) {
    return [503, 'Service Unavailable'];
  }
  const token = tokenOf(request);
  if (opts.token && opts['token-late-ms'] === 0 && !tokenAccepted(request, opts)) {
    return [401, 'Unauthorized'];
  }
  if (token && opts['max-sessions'] > 0 && (sessions.get(token) ?? 0) >= opts['max-sessions']) {
    return [409, 'Conflict'];
  }
  return null;
}

const server = httpServer(opts);
if (opts['handshake-ms'] > 0) {
  server.on(opts.cert === undefined ? 'connection' : 'secureConnection', (socket) => {
    const timer = setTimeout(() => socket.destroy(), opts['handshake-ms']);
    socket.once('close', () => clearTimeout(timer));
    socket.upgraded = () => clearTimeout(timer);
  });
}

if (opts['lax-handshake']) {
  server.on('upgrade', (request) => {
    request.headers['sec-websocket-key'] ??= 'dGhlIHNhbXBsZSBub25jZQ==';
  });
}

const wss = new WebSocketServer({
  server,
  maxPayload: opts['max-payload'],
  autoPong: !opts['mute-pings'],
  perMessageDeflate: opts.deflate === true,
  handleProtocols: (offered) => (offered.has(opts.subprotocol) ? opts.subprotocol : false),
  verifyClient: async ({ req }, done) => {
    const refused = await refusal(req);
    req.refused = refused;
    if (refused && !opts['late-refusal']) {
      done(false, ...refused, { 'Retry-After': '1' });
    } else {
      done(true);
    }
  },
});

wss.on('connection', (ws, request) => {
  const address = request.socket.remoteAddress;
  const token = tokenOf(request);
  const scopes = { address, token, 'address+token': `${address} ${token}`, everybody: 'everybody' };
  const key = scopes[opts.scope] ?? `connection-${++serial}`;
  keys.add(key);
  const timers = [];
  let over = false;
  let strikes = 0;
  let taken = 0; // octets of the socket that belong to earlier messages
  request.socket.upgraded?.();
  ws.on('error', () => {});
  if (opts['lose-close']) loseClose(ws, request.socket);
  if (request.refused) {
    ws.close(opts['close-code'], request.refused[1]);
    return;
  }
  add(open, address, 1);
  members.add(ws);
  if (token) add(sessions, token, 1);
  if (opts['forget-on-connect']) {
    for (const limiter of [messages, octets, controls]) forgetAll(limiter);
  }

  const close = (reason, code) => {
    over = true;
    if (opts['penalty-ms'] > 0) penalised.set(address, Date.now() + opts['penalty-ms']);
    for (const until = Date.now() + opts['block-ms']; Date.now() < until; );
    if (opts.drop) {
      ws.terminate();
    } else if (opts.linger || opts['talk-on']) {
      // Written to the socket itself: the library would end TCP and stop echoing.
      request.socket.write(frame(OP.CLOSE, closeBody(code, reason)));
      if (opts.linger) request.socket.removeAllListeners('data').resume();
      over = !opts['talk-on'];
    } else {
      ws.close(code, opts.reason || reason);
    }
  };
  let started = 0; // octets of the message that is passed on in fragments
  if (opts['echo-fragments'] || opts['tell-fragments']) {
    onFragment(ws, (data, isBinary) => {
      started += data.length;
      const to = { binary: isBinary, fin: false, compress: false };
      if (opts['echo-fragments']) ws.send(data, to);
      if (opts['tell-fragments']) tell(data, isBinary, ws, to);
    });
  }
  let ending = false;
  const end = (reason, code = opts['close-code']) => {
    if (ending || over) return;
    ending = true;
    over = !opts['serve-on'];
    if (opts['close-after-ms'] === 0) close(reason, code);
    else timers.push(setTimeout(() => close(reason, code), opts['close-after-ms']));
  };
  const alarm = (ms, reason) => {
    if (ms > 0 && !opts.never) timers.push(setTimeout(() => end(reason), ms - opts.early));
    return timers.at(-1);
  };
  const idle = alarm(opts['idle-ms'], 'idle for too long');
  alarm(opts['session-ms'], 'session over');
  const byTimer = opts['token-ttl-check'] !== 'message';
  const life = byTimer ? alarm(opts['token-ttl-ms'], 'token expired') : null;
  const expires = Date.now() + opts['token-ttl-ms'];
  if (opts.token && opts['token-late-ms'] > 0 && !tokenAccepted(request, opts)) {
    alarm(opts['token-late-ms'], 'Unauthorized');
  }

  const control = async () => {
    if (opts['idle-counts-pings']) idle?.refresh();
    if (counted.includes('ping') && !(await within(messages, key))) end('rate limit exceeded');
    if (!(await within(controls, key))) end('too many control frames');
  };
  ws.on('ping', control);
  ws.on('pong', control);
  ws.on('message', async (data, isBinary) => {
    if (over) return;
    if (opts['token-ttl-check'] === 'idle') life?.refresh();
    if (!byTimer && Date.now() >= expires) {
      end('token expired');
      return;
    }
    const wire = request.socket.bytesRead - taken;
    taken += wire;
    if (opts.ratio > 0 && wire > 0 && data.length > opts.ratio * wire) {
      end('compressed too much', 1009);
      return;
    }
    idle?.refresh();
    const counts = counted.includes(isBinary ? 'binary' : 'text');
    if (counts && !(await within(messages, key))) end('rate limit exceeded');
    if (octets && !(await within(octets, key, data.length))) end('byte rate exceeded');
    if (over) return;
    const read = opts.forbidden && (!isBinary || opts['forbid-binary']);
    if (read && !opts.never && data.includes(opts.forbidden)) {
      if (opts['echo-first']) ws.send(data, { binary: isBinary });
      if (opts['tell-first']) tell(data, isBinary, ws);
      end('forbidden content');
      return;
    }
    if (opts.strikes > 0 && !isBinary && data.toString() === opts.breach &&
        ++strikes >= opts.strikes) {
      end('too many breaches');
      return;
    }
    const answer = opts.sanitise ? data.toString().replace(/[^\w ]/g, '_') : data;
    const rest = answer.slice(started);
    ws.send(opts['echo-fragments'] ? rest : answer, { binary: isBinary });
    if (opts.broadcast) tell(opts['tell-fragments'] ? rest : answer, isBinary, ws);
    started = 0;
  });
  ws.on('close', () => {
    timers.forEach(clearTimeout);
    members.delete(ws);
    if (!opts.leak) {
      add(open, address, -1);
      if (token) add(sessions, token, -1);
    }
    keys.delete(key);
    for (const limiter of [messages, octets, controls]) {
      const forget = opts.scope === 'connection' || opts['forget-on-close'];
      if (forget) limiter?.delete(key).catch(() => {});
    }
  });
});
wss.on('error', () => {});

serve(server, opts);
