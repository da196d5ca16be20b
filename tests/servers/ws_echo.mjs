// Echo server on npm ws. Text comes back as text, binary as binary.

import { WebSocketServer } from 'ws';
import { TLS, httpServer, options, place, serve } from './common.mjs';

const opts = options({
  'skip-utf8-validation': { type: 'boolean' },
  'max-payload': { number: 64 * 1024 * 1024 },
  deflate: { type: 'boolean' },
  'no-fragment-limit': { type: 'boolean' },
  ...TLS,
});

// With a server of its own, the library itself answers what is no upgrade; it has none for TLS.
const server = opts.cert === undefined ? undefined : httpServer(opts);
const limits = opts['no-fragment-limit'] ? { maxFragments: 0, maxBufferedChunks: 0 } : {};
const wss = new WebSocketServer({
  ...(server ? { server } : place(opts)),
  maxPayload: opts['max-payload'],
  perMessageDeflate: opts.deflate === true,
  skipUTF8Validation: opts['skip-utf8-validation'] === true,
  ...limits,
});

wss.on('connection', (ws) => {
  ws.on('error', () => {});
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
});
wss.on('error', () => {});

serve(server ?? wss, opts);
