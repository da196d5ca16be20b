// JSON-RPC 2.0 on npm ws with one method, "echo". Strict: what is no request of this shape, and an id
// that is not above the one before, is closed with 1008.

import { WebSocketServer } from 'ws';
import { options, place, serve } from './common.mjs';

const opts = options();
const wss = new WebSocketServer({
  ...place(opts), maxPayload: 64 * 1024 * 1024, maxFragments: 0, maxBufferedChunks: 0,
});

function parse(data) {
  try {
    const { jsonrpc, id, method, params } = JSON.parse(data);
    const right = jsonrpc === '2.0' && method === 'echo' && Number.isSafeInteger(id) &&
      Array.isArray(params) && typeof params[0] === 'string';
    return right ? { id, text: params[0] } : undefined;
  } catch {
    return undefined;
  }
}

wss.on('connection', (ws) => {
  let last = -1;
  ws.on('error', () => {});
  ws.on('message', (data, isBinary) => {
    const request = isBinary ? undefined : parse(data);
    if (request === undefined || request.id <= last) {
      ws.close(1008, request === undefined ? 'not a request' : 'the id must rise');
      return;
    }
    last = request.id;
    ws.send(JSON.stringify({ jsonrpc: '2.0', id: request.id, result: request.text }));
  });
});
wss.on('error', () => {});
serve(wss, opts);
