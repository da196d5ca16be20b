// A server that checks nothing: raw node:net, no library. Whatever octets a message holds come back
// with the type they came with; pings are answered, a Close is echoed as it came.

import { OP, frame, options, rawServer, serve } from './common.mjs';

const opts = options();

function onOpen(socket, _request, rest) {
  let buffer = rest;
  let need = 2;
  let parts = [];
  let type = OP.TEXT;

  /** Takes one frame off the buffer. If it is not all there, `need` says when to look again. */
  function next() {
    if (buffer.length < 2) return wait(2);
    const opcode = buffer[0] & 15;
    const fin = (buffer[0] & 128) !== 0;
    const short = buffer[1] & 127;
    const masked = (buffer[1] & 128) !== 0;
    const payloadAt = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (masked ? 4 : 0);
    if (buffer.length < payloadAt) return wait(payloadAt);
    let length = short;
    if (short === 126) length = buffer.readUInt16BE(2);
    if (short === 127) length = Number(buffer.readBigUInt64BE(2));
    if (buffer.length < payloadAt + length) return wait(payloadAt + length);
    const payload = Buffer.from(buffer.subarray(payloadAt, payloadAt + length));
    if (masked) for (let i = 0; i < length; i++) payload[i] ^= buffer[payloadAt - 4 + (i & 3)];
    buffer = buffer.subarray(payloadAt + length);
    handle(opcode, fin, payload);
    return !socket.writableEnded;
  }

  function wait(octets) {
    need = octets;
    return false;
  }

  function handle(opcode, fin, payload) {
    if (opcode === OP.CLOSE) {
      socket.end(frame(OP.CLOSE, payload));
      setTimeout(() => socket.destroy(), 1000).unref();
    } else if (opcode === OP.PING) {
      socket.write(frame(OP.PONG, payload));
    } else if (opcode < 8) {
      if (opcode !== OP.CONT) {
        type = opcode === OP.TEXT ? OP.TEXT : OP.BINARY;
        parts = [];
      }
      parts.push(payload);
      if (fin) {
        socket.write(frame(type, Buffer.concat(parts)));
        parts = [];
      }
    }
  }

  // Chunks of an unfinished frame are joined only when all of it is there: no quadratic copying.
  let pending = [];
  let waiting = 0;
  socket.on('data', (chunk) => {
    if (socket.writableEnded) return;
    pending.push(chunk);
    waiting += chunk.length;
    if (buffer.length + waiting < need) return;
    buffer = Buffer.concat([buffer, ...pending]);
    pending = [];
    waiting = 0;
    while (next());
  });
  socket.on('end', () => socket.end());
  while (next());
}

serve(rawServer(onOpen), opts);
