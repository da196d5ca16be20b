// Rate-limited echo server: npm ws with rate-limiter-flexible. Message limit+1 inside a window
// earns 1008 "rate limit exceeded". The wrong servers: --close-code, --early, --drop, --never.

import { RateLimiterMemory } from 'rate-limiter-flexible';
import { WebSocketServer } from 'ws';
import { TLS, httpServer, options, serve } from './common.mjs';

const opts = options({
  limit: { number: 20 },
  'window-ms': { number: 1000 },
  scope: { type: 'string', default: 'connection' }, // or address
  forbidden: { type: 'string' },
  'close-code': { number: 1008 },
  early: { number: 0 },
  drop: { type: 'boolean' },
  never: { type: 'boolean' },
  'penalty-ms': { number: 0 },
  strikes: { number: 0 }, // so many texts equal to --breach are one too many
  breach: { type: 'string', default: '?' },
  ...TLS,
});

const limiter = new RateLimiterMemory({
  points: opts.limit - opts.early,
  duration: opts['window-ms'] / 1000,
});
const penalised = new Map(); // address -> when its penalty ends
let serial = 0;

function penaltyLeft(address) {
  const until = penalised.get(address) ?? 0;
  if (until <= Date.now()) penalised.delete(address);
  return Math.max(0, until - Date.now());
}

const server = httpServer(opts);
const wss = new WebSocketServer({
  server,
  maxPayload: 64 * 1024 * 1024,
  perMessageDeflate: false,
  verifyClient: ({ req }, done) => {
    const left = penaltyLeft(req.socket.remoteAddress);
    done(left === 0, 429, 'Too Many Requests', { 'Retry-After': String(Math.ceil(left / 1000)) });
  },
});

wss.on('connection', (ws, request) => {
  const address = request.socket.remoteAddress;
  const key = opts.scope === 'address' ? address : `connection-${++serial}`;
  let over = false;
  let strikes = 0;
  const end = (reason) => {
    if (over) return;
    over = true;
    if (opts['penalty-ms'] > 0) penalised.set(address, Date.now() + opts['penalty-ms']);
    if (opts.drop) ws.terminate();
    else ws.close(opts['close-code'], reason);
  };
  ws.on('error', () => {});
  ws.on('message', async (data, isBinary) => {
    if (over) return;
    if (!opts.never) {
      try {
        await limiter.consume(key);
      } catch (refused) {
        if (refused instanceof Error) throw refused;
        end('rate limit exceeded');
      }
      if (over) return;
      if (opts.forbidden && !isBinary && data.includes(opts.forbidden)) {
        end('forbidden content');
        return;
      }
    }
    if (opts.strikes > 0 && !isBinary && data.toString() === opts.breach &&
        ++strikes >= opts.strikes) {
      end('too many breaches');
      return;
    }
    ws.send(data, { binary: isBinary });
  });
  ws.on('close', () => {
    if (key !== address) limiter.delete(key).catch(() => {});
  });
});
wss.on('error', () => {});

serve(server, opts);
