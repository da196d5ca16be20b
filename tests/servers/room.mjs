// One room on npm ws: what a member sends reaches every member as it came, the sender too.
//
// --torn: a message of more than 1000 octets is written in two parts without a lock, its payload a
// moment after its header: what is written in between stands inside it. --cut: a member that does
// not read loses what does not fit into its queue, in the middle of a frame.

import http from 'node:http';
import { WebSocketServer } from 'ws';
import { OP, frame, options, serve } from './common.mjs';

const opts = options({ torn: { type: 'boolean' }, cut: { type: 'boolean' } });
const members = new Set();

function sendTorn(ws, data, binary) {
  const head = frame(binary ? OP.BINARY : OP.TEXT, Buffer.alloc(0), { length: data.length });
  ws._socket.write(head);
  setTimeout(() => ws._socket?.write(data), 1);
}

function sendCut(ws, data, binary) {
  const octets = frame(binary ? OP.BINARY : OP.TEXT, data);
  const room = 256 * 1024 - ws._socket.writableLength;
  if (room > 0) ws._socket.write(octets.subarray(0, room));
}

function send(ws, data, binary) {
  if (ws.readyState !== ws.OPEN) return;
  if (opts.torn && data.length > 1000) sendTorn(ws, data, binary);
  else if (opts.cut) sendCut(ws, data, binary);
  else ws.send(data, { binary });
}

const server = http.createServer((_, answer) => answer.writeHead(426).end());
const wss = new WebSocketServer({ server, maxFragments: 0, maxBufferedChunks: 0 });
wss.on('connection', (ws) => {
  members.add(ws);
  ws.on('error', () => {});
  ws.on('close', () => members.delete(ws));
  ws.on('message', (data, binary) => {
    for (const member of members) send(member, data, binary);
  });
});
wss.on('error', () => {});

serve(server, opts);
