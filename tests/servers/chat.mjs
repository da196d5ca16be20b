// Chat rooms in JSON on npm ws: no echo. A client says {"type":"login","user":U,"room":R} and is
// welcomed with a session; {"type":"say","session":S,"text":T} goes to all members of the room,
// the sender too, with a serial and the time. Each arrival and departure is announced, and every room
// ticks of its own accord. What is not understood earns {"type":"error"}.
//
// The wrong servers take text that is not UTF-8 and: repair (broadcast it with U+FFFD), swallow
// (ignore it), relay (broadcast the octets as they came), 1011, drop.

import { isUtf8 } from 'node:buffer';
import crypto from 'node:crypto';
import http from 'node:http';
import { WebSocketServer } from 'ws';
import { options, serve } from './common.mjs';

const opts = options({
  'tick-ms': { number: 100 },
  'large-tick': { number: 0 }, // every so many ticks one has 100,000 characters
  'one-room': { type: 'boolean' }, // whatever room a login names
  'bad-json': { type: 'string', default: 'error' }, // or 1008
  'bad-text': { type: 'string', default: '1007' }, // or repair, swallow, relay, 1011, drop
  ascii: { type: 'boolean' }, // write JSON as Python's json.dumps does, with \u escapes
  'login-only': { type: 'string' }, // the one user that is let in; others get 1008
});

const checked = opts['bad-text'] === '1007';
const rooms = new Map(); // name -> Set of sockets
let serial = 0;

function encode(value) {
  const text = JSON.stringify(value);
  if (!opts.ascii) return text;
  return text.replace(/[\u0080-\uffff]/g, (unit) =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function broadcast(room, value) {
  const text = Buffer.isBuffer(value) ? value : encode(value);
  for (const member of rooms.get(room) ?? []) member.send(text, { binary: false });
}

function login(ws, { user, room }) {
  if (opts['login-only'] !== undefined && user !== opts['login-only']) {
    ws.close(1008, 'unknown user');
    return;
  }
  ws.user = String(user);
  ws.room = opts['one-room'] ? 'everybody' : String(room);
  ws.session = crypto.randomUUID();
  if (!rooms.has(ws.room)) rooms.set(ws.room, new Set());
  rooms.get(ws.room).add(ws);
  ws.send(encode({ type: 'welcome', session: ws.session, room: ws.room }));
  broadcast(ws.room, { type: 'joined', user: ws.user });
}

function say(ws, { session, text }, raw) {
  if (ws.session === undefined || session !== ws.session) {
    ws.send(encode({ type: 'error', error: 'no such session' }));
    return;
  }
  if (opts['bad-text'] === 'relay' && !isUtf8(raw)) {
    broadcast(ws.room, Buffer.concat([Buffer.from('{"type":"raw","said":'), raw, Buffer.from('}')]));
    return;
  }
  broadcast(ws.room, {
    type: 'message', from: ws.user, text, serial: ++serial, time: new Date().toISOString(),
  });
}

function leave(ws) {
  const members = rooms.get(ws.room);
  if (!members?.delete(ws)) return;
  if (members.size === 0) rooms.delete(ws.room);
  else broadcast(ws.room, { type: 'left', user: ws.user });
}

function onMessage(ws, data, isBinary) {
  if (isBinary) {
    ws.close(1003, 'this chat speaks text');
    return;
  }
  if (!checked && !isUtf8(data)) {
    if (opts['bad-text'] === '1011') return ws.close(1011, 'UnicodeDecodeError');
    if (opts['bad-text'] === 'drop') return ws.terminate();
    if (opts['bad-text'] === 'swallow') return;
  }
  let message;
  try {
    message = JSON.parse(data.toString());
  } catch {
    if (opts['bad-json'] === '1008') ws.close(1008, 'not JSON');
    else ws.send(encode({ type: 'error', error: 'not JSON' }));
    return;
  }
  if (message?.type === 'login' && ws.session === undefined) login(ws, message);
  else if (message?.type === 'say') say(ws, message, data);
  else ws.send(encode({ type: 'error', error: 'unknown type' }));
}

const server = http.createServer((_, answer) => answer.writeHead(426).end());
const wss = new WebSocketServer({
  server,
  maxPayload: 64 * 1024 * 1024,
  maxFragments: 0,
  maxBufferedChunks: 0,
  perMessageDeflate: false,
  skipUTF8Validation: !checked,
});
wss.on('connection', (ws) => {
  ws.on('error', () => {});
  ws.on('message', (data, isBinary) => onMessage(ws, data, isBinary));
  ws.on('close', () => leave(ws));
});
wss.on('error', () => {});

let ticks = 0;
setInterval(() => {
  const large = opts['large-tick'] > 0 && ++ticks % opts['large-tick'] === 0;
  const padding = large ? 'tick '.repeat(20000) : '';
  for (const room of rooms.keys()) broadcast(room, { type: 'tick', at: Date.now(), padding });
}, opts['tick-ms']).unref();

serve(server, opts);
