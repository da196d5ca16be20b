// Shared by the Node test servers: options, the start/stop contract, and a bare RFC 6455 handshake
// and frame writer over node:net. No WebSocket library is used here.
//
// The contract: bind 127.0.0.1, print one line "listening PORT" when ready, run until SIGTERM,
// SIGINT or (with --stdin-guard) the end of stdin. Nothing else is ever written to stdout.

import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { parseArgs } from 'node:util';

/** Reads the command line. `spec` is util.parseArgs's, and `{ number: DEFAULT }` is a number. */
export function options(spec = {}) {
  const types = { port: { type: 'string' }, 'stdin-guard': { type: 'boolean' } };
  for (const [name, s] of Object.entries(spec)) {
    types[name] = 'number' in s ? { type: 'string' } : s;
  }
  let values;
  try {
    values = parseArgs({ options: types, strict: true }).values;
    for (const [name, s] of Object.entries({ port: { number: 0 }, ...spec })) {
      if (!('number' in s)) continue;
      values[name] = values[name] === undefined ? s.number : Number(values[name]);
      if (values[name] !== undefined && !Number.isFinite(values[name])) {
        throw new Error(`--${name} needs a number`);
      }
    }
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
  return values;
}

/** Options of a server that can speak TLS: PEM files. */
export const TLS = { cert: { type: 'string' }, key: { type: 'string' } };

/**
 * An HTTP server, with TLS where there is a certificate. It only knows upgrades: anything else is
 * Not Found, which says nothing about the WebSocket library under test.
 */
export function httpServer(opts) {
  const answer = (_, response) => response.writeHead(404).end();
  if (opts.cert === undefined) return http.createServer(answer);
  return https.createServer(
    { cert: fs.readFileSync(opts.cert), key: fs.readFileSync(opts.key) }, answer);
}

/** Where the servers listen. */
export const place = (opts) => ({ host: '127.0.0.1', port: opts.port, backlog: 4096 });

/** Listens (a net.Server or http.Server; a WebSocketServer does so by itself), keeps the contract. */
export function serve(server, opts) {
  const stop = () => process.exit(0);
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (opts['stdin-guard']) {
    process.stdin.on('end', stop).on('error', stop).on('close', stop).resume();
  }
  server.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  server.on('listening', () => process.stdout.write(`listening ${server.address().port}\n`));
  server.listen?.(place(opts));
}

export const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export function acceptKey(key) {
  return crypto.createHash('sha1').update(key + GUID).digest('base64');
}

export function httpAnswer(status, text, headers = {}, body = '') {
  const length = Buffer.byteLength(body);
  const all = { 'Content-Type': 'text/plain', ...headers, 'Content-Length': length };
  const lines = Object.entries(all).map(([k, v]) => `${k}: ${v}\r\n`);
  return `HTTP/1.1 ${status} ${text}\r\nConnection: close\r\n${lines.join('')}\r\n${body}`;
}

function parseHead(text) {
  const lines = text.split('\r\n');
  const match = /^([A-Z]+) (\S+) HTTP\/(\d)\.(\d)$/.exec(lines[0]);
  if (!match) return null;
  const headers = {};
  for (const line of lines.slice(1)) {
    const at = line.indexOf(':');
    if (at <= 0 || /[ \t]$/.test(line.slice(0, at))) return null;
    const name = line.slice(0, at).toLowerCase();
    const value = line.slice(at + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  let url;
  try {
    url = new URL(match[2], 'http://localhost');
  } catch {
    return null;
  }
  return {
    method: match[1],
    http11: match[3] === '1' && Number(match[4]) >= 1,
    path: url.pathname,
    query: url.searchParams,
    headers,
  };
}

const hasToken = (value, token) =>
  (value ?? '').split(',').some((part) => part.trim().toLowerCase() === token);

/** What is wrong with this opening handshake: [status, text, headers] or null (RFC 6455 4.2.1). */
function refusal(request) {
  if (request === null) return [400, 'Bad Request'];
  const h = request.headers;
  if (request.method !== 'GET') return [405, 'Method Not Allowed', { Allow: 'GET' }];
  if (!request.http11 || h.host === undefined) return [400, 'Bad Request'];
  if (!hasToken(h.upgrade, 'websocket') || !hasToken(h.connection, 'upgrade')) {
    return [426, 'Upgrade Required', { Upgrade: 'websocket' }];
  }
  if (h['sec-websocket-version'] !== '13') {
    return [426, 'Upgrade Required', { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' }];
  }
  const key = h['sec-websocket-key'] ?? '';
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) return [400, 'Bad Request'];
  return null;
}

/**
 * A net server that does the opening handshake itself. `admit(request)` may return
 * `{ refuse: [status, text, headers, body] }` or `{ headers: { ... } }` for the 101; then
 * `onOpen(socket, request, rest)` gets the connection and the octets already read.
 */
export function rawServer(onOpen, admit = () => ({})) {
  return net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    let head = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(), 10000);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => clearTimeout(timer));
    const onEnd = () => socket.end();
    const onData = (chunk) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) {
        if (head.length > 65536) socket.destroy();
        return;
      }
      socket.off('data', onData);
      socket.off('end', onEnd);
      clearTimeout(timer);
      const request = parseHead(head.subarray(0, end).toString('latin1'));
      let refused = refusal(request);
      const answer = refused ? {} : admit(request);
      refused ??= answer.refuse;
      if (refused) {
        socket.resume();
        socket.end(httpAnswer(...refused));
        setTimeout(() => socket.destroy(), 1000).unref();
        return;
      }
      const extra = Object.entries(answer.headers ?? {}).map(([k, v]) => `${k}: ${v}\r\n`);
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${acceptKey(request.headers['sec-websocket-key'])}\r\n` +
          `${extra.join('')}\r\n`,
      );
      onOpen(socket, request, head.subarray(end + 4));
    };
    socket.on('data', onData);
    socket.on('end', onEnd);
  });
}

export const OP = { CONT: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 };

/** One frame's octets, as a server sends it. `changed` changes it: { fin, rsv, mask, length }. */
export function frame(opcode, payload, changed = {}) {
  const length = changed.length ?? payload.length;
  const first = ((changed.fin ?? true) ? 0x80 : 0) | ((changed.rsv ?? 0) << 4) | opcode;
  const maskBit = changed.mask ? 0x80 : 0;
  let head;
  if (length < 126) {
    head = Buffer.from([first, maskBit | length]);
  } else if (length < 65536) {
    head = Buffer.from([first, maskBit | 126, length >> 8, length & 255]);
  } else {
    head = Buffer.alloc(10);
    head[0] = first;
    head[1] = maskBit | 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  if (!changed.mask) return Buffer.concat([head, payload]);
  const masked = Buffer.from(payload);
  for (let i = 0; i < masked.length; i++) masked[i] ^= changed.mask[i & 3];
  return Buffer.concat([head, changed.mask, masked]);
}

export function closeBody(code, reason = '') {
  const tail = Buffer.isBuffer(reason) ? reason : Buffer.from(reason);
  return Buffer.concat([Buffer.from([code >> 8, code & 255]), tail]);
}
