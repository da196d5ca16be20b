// An echo server that is right until it is told to be wrong. Raw node:net, no WebSocket library and
// no line of the driver's codec: strict framing, fail-fast UTF-8, permessage-deflate, closing.
//
//   node faulty.mjs --fault NAME [--fault NAME ...]      faults of every connection
//   ws://host/?fault=a,b                                 in their place, for this connection
//   node faulty.mjs --list-faults                        name -> [what it does, rows], as JSON

import zlib from 'node:zlib';
import { OP, closeBody, frame, options, rawServer, serve } from './common.mjs';
import { WINDOW, inflate, negotiate } from './deflate.mjs';
import { FAULTS, known } from './faults.mjs';
import { CHANGES, ESCAPES, REFUSED_CHARACTERS, STACK, decode } from './faulty_text.mjs';
import { Gather } from './gather.mjs';
import { Utf8, stripInvalid, wellFormed } from './utf8.mjs';

const opts = options({
  fault: { type: 'string', multiple: true, default: [] },
  'list-faults': { type: 'boolean' },
  'max-payload': { number: 64 * 1024 * 1024 },
  'close-timeout-ms': { number: 1000 },
});

if (opts['list-faults']) {
  process.stdout.write(`${JSON.stringify(FAULTS, null, 1)}\n`);
  process.exit(0);
}
const stranger = opts.fault.find((name) => !known(name));
if (stranger !== undefined) {
  process.stderr.write(`unknown fault ${stranger}\n`);
  process.exit(2);
}

const connections = new Set();
let refusals = 0; // of the whole process
const BACKLOG = 16 * 1024 * 1024; // unread answers after which nothing more is read

class Connection {
  constructor(socket, faults, deflate) {
    this.socket = socket;
    this.faults = faults;
    this.deflate = deflate;
    this.stopped = false; // nothing that comes is looked at any more
    this.closed = false; // our Close is out
    this.head = Buffer.alloc(14);
    this.headLength = 0;
    this.headNeed = 2;
    this.inFrame = false;
    this.message = null;
    this.window = Buffer.alloc(0); // what the client's compressor may refer back to
    this.utf8 = new Utf8(faults);
    this.mode = this.utf8Mode();
    const numbered = [...faults].find((name) => /^code-\d{4}$/.test(name));
    this.invalidCode = this.has('wrong-code-1006-sent') ? 1006 : Number(numbered?.slice(5) ?? 1007);
    connections.add(this);
    socket.on('close', () => {
      connections.delete(this);
      this.stopped = true;
      clearTimeout(this.patience);
    });
    socket.on('data', (chunk) => this.read(chunk));
    socket.on('end', () => this.has('keep-tcp') || socket.end());
    if (this.has('chatty')) {
      this.write(OP.TEXT, Buffer.from('welcome'));
      this.write(OP.PING, Buffer.from('are you there'));
    }
  }

  has(fault) {
    return this.faults.has(fault);
  }

  // --- UTF-8 ---

  utf8Mode() {
    const none = ['no-utf8', 'replace', 'strip-invalid', 'latin1-repair'];
    if (none.some((name) => this.has(name))) return 'none';
    if (this.has('plain-unchecked') && this.deflate) return 'none';
    for (const [fault, mode] of [
      ['utf8-late', 'end'],
      ['block-16', 'end'],
      ['utf8-skip-last-octet', 'end'],
      ['utf8-first-64', 'end'],
      ['echo-then-close', 'end'],
      ['utf8-per-frame', 'per-frame'],
      ['utf8-frame-end', 'frame-end'],
      ['utf8-only-first-frame', 'first-frame'],
    ]) {
      if (this.has(fault)) return mode;
    }
    return 'octet';
  }

  /** Whether a whole text is taken; the faults that look at whole messages are here. */
  wholeIsFine(data) {
    let part = data;
    if (this.has('block-16')) part = data.subarray(0, data.length & ~15);
    if (this.has('utf8-skip-last-octet')) part = data.subarray(0, Math.max(0, data.length - 1));
    if (this.has('utf8-first-64')) part = data.subarray(0, 64);
    const checker = new Utf8(this.faults);
    return checker.feed(part) < 0 && (checker.complete() || part.length < data.length);
  }

  refusedCharacters(data) {
    return [...this.faults].some((name) => REFUSED_CHARACTERS[name]?.test(decode(data)));
  }

  // --- reading ---

  read(chunk) {
    if (this.stopped) return;
    if (this.message) this.armPatience();
    for (let at = 0; at < chunk.length && !this.stopped; ) {
      at = this.inFrame ? this.readPayload(chunk, at) : this.readHead(chunk, at);
    }
    if (!this.stopped && this.socket.writableLength > BACKLOG) {
      this.socket.pause();
      this.socket.once('drain', () => this.stopped || this.socket.resume());
    }
  }

  readHead(chunk, at) {
    this.head[this.headLength++] = chunk[at++];
    if (this.headLength === 1) this.checkFirst();
    if (this.headLength === 2 && !this.stopped) this.checkSecond();
    if (this.headLength === this.headNeed && !this.stopped) this.beginFrame();
    return at;
  }

  checkFirst() {
    this.fin = (this.head[0] & 0x80) !== 0;
    this.rsv = (this.head[0] >> 4) & 7;
    this.opcode = this.head[0] & 15;
    const control = this.opcode >= 8;
    const starts = this.opcode === OP.TEXT || this.opcode === OP.BINARY;
    const allowed = this.deflate && starts ? 4 : 0;
    if ((this.rsv & ~allowed) !== 0 && !this.has('allow-rsv')) {
      this.fail(1002, 'reserved bit');
    } else if (![0, 1, 2, 8, 9, 10].includes(this.opcode) && !this.has('allow-reserved-opcode')) {
      this.fail(1002, 'reserved opcode');
    } else if (control && !this.fin && !this.has('allow-fragmented-control')) {
      this.fail(1002, 'fragmented control frame');
    } else if (this.opcode === OP.CONT && !this.message && !this.has('allow-orphan-continuation')) {
      this.fail(1002, 'continuation of nothing');
    } else if (starts && this.message && !this.has('allow-interleaved')) {
      this.fail(1002, 'message inside a message');
    }
  }

  checkSecond() {
    const short = this.head[1] & 127;
    const masked = (this.head[1] & 128) !== 0;
    if (!masked && !this.has('allow-unmasked')) {
      this.fail(1002, 'not masked');
    } else if (this.opcode >= 8 && short > 125 && !this.has('allow-long-control')) {
      this.fail(1002, 'control frame too long');
    } else {
      this.headNeed = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (masked ? 4 : 0);
    }
  }

  beginFrame() {
    const short = this.head[1] & 127;
    let length = BigInt(short);
    if (short === 126) length = BigInt(this.head.readUInt16BE(2));
    if (short === 127) length = this.head.readBigUInt64BE(2);
    const least = short === 126 ? 126n : short === 127 ? 65536n : 0n;
    if (length >> 63n) return this.fail(1002, 'length with its highest bit set');
    if (length < least && !this.has('allow-nonminimal-length')) {
      return this.fail(1002, 'length not in its shortest form');
    }
    const data = this.opcode < 8;
    if (this.opcode === OP.TEXT || this.opcode === OP.BINARY || (data && !this.message)) {
      this.message = {
        type: this.opcode === OP.BINARY ? OP.BINARY : OP.TEXT,
        compressed: this.deflate !== null && (this.rsv & 4) !== 0,
        gather: new Gather(),
        frames: 0,
      };
      if (!this.has('carry-state')) this.utf8.reset();
      this.armPatience();
    }
    if (data) {
      this.message.frames++;
      const limit = this.has('big-limit-64k') ? 65536 : opts['max-payload'];
      if (length + BigInt(this.message.gather.length) > BigInt(limit)) {
        return this.fail(1009, 'message too big');
      }
      if (this.has('fragment-limit-1000') && this.message.frames > 1000) {
        return this.fail(1008, 'too many fragments');
      }
    }
    this.left = Number(length);
    const masked = (this.head[1] & 128) !== 0;
    this.mask = masked ? Buffer.from(this.head.subarray(this.headNeed - 4, this.headNeed)) : null;
    this.maskAt = 0;
    this.target = data ? this.message.gather : new Gather();
    this.frameStart = this.target.length;
    this.headLength = 0;
    this.headNeed = 2;
    this.inFrame = true;
    if (this.left === 0) this.endFrame();
  }

  readPayload(chunk, at) {
    const n = Math.min(this.left, chunk.length - at);
    const from = this.target.length;
    this.target.extend(n);
    const data = this.target.data;
    for (let i = 0; i < n; i++) {
      data[from + i] = this.mask ? chunk[at + i] ^ this.mask[this.maskAt++ & 3] : chunk[at + i];
    }
    this.left -= n;
    if (this.opcode < 8) this.checkPart(from);
    if (!this.stopped && this.left === 0) this.endFrame();
    return at + n;
  }

  /** Is this message judged while it comes? */
  judged() {
    const m = this.message;
    if (m.bad) return false;
    if (m.type === OP.BINARY && !this.has('binary-checked-as-text')) return false;
    if (m.compressed && !this.has('checks-wire')) return false;
    return true;
  }

  checkPart(from) {
    const m = this.message;
    if (!this.judged()) return;
    const first = this.mode === 'first-frame' && m.frames === 1;
    const now = this.mode === 'octet' || this.mode === 'per-frame' || first;
    if (now && this.utf8.feed(m.gather.data, from, m.gather.length) >= 0) this.invalid();
  }

  endFrame() {
    this.inFrame = false;
    if (this.opcode >= 8) return this.control(this.target.take());
    if (this.opcode > 2) {
      this.message = null; // allow-reserved-opcode
      return undefined;
    }
    const m = this.message;
    const empty = m.gather.length === this.frameStart;
    if (this.judged()) {
      let fine = true;
      if (this.mode === 'frame-end') {
        fine = this.utf8.feed(m.gather.data, this.frameStart, m.gather.length) < 0;
      }
      if (this.mode === 'per-frame' && !this.utf8.complete()) fine = false;
      if (empty && !this.fin && this.has('empty-resets-utf8')) this.utf8.reset();
      if (!fine) this.invalid();
    }
    if (this.fin && !this.stopped) this.endMessage(empty);
    return undefined;
  }

  endMessage(lastIsEmpty) {
    const m = this.message;
    this.message = null;
    clearTimeout(this.patience);
    if (m.bad) return; // refused already; a fault keeps us here
    let data = m.gather.take();
    const text = m.type === OP.TEXT;
    if (m.compressed) {
      data = this.inflate(data);
      if (data === null) return;
      const due = text || this.has('binary-checked-as-text');
      const checked = this.mode !== 'none' || (this.has('plain-unchecked') && !this.has('no-utf8'));
      const skipped = this.has('deflate-unchecked') || this.has('checks-wire');
      if (due && checked && !skipped && !this.wholeIsFine(data)) {
        if (this.has('echo-then-close')) this.echo(m, data);
        this.invalid();
        return;
      }
    } else if (text || this.has('binary-checked-as-text')) {
      let fine = true;
      if (this.mode === 'end') fine = this.wholeIsFine(data);
      const first = this.mode === 'first-frame' && m.frames === 1;
      if (this.mode === 'octet' || this.mode === 'frame-end' || first) {
        const emptyEnd = lastIsEmpty && m.frames > 1 && this.has('empty-final-unchecked');
        fine = this.utf8.complete() || this.has('carry-state') || emptyEnd;
      }
      if (!fine) {
        if (this.has('echo-then-close')) this.echo(m, data);
        this.invalid();
        return;
      }
    }
    if (text && this.refusedCharacters(data)) {
      this.invalid();
      return;
    }
    this.echo(m, data);
  }

  armPatience() {
    if (!this.has('impatient')) return;
    clearTimeout(this.patience);
    this.patience = setTimeout(() => this.stopped || this.fail(1008, 'message timeout'), 1000);
  }

  control(payload) {
    if (this.opcode === OP.PING) {
      if (this.has('ping-resets-utf8')) this.utf8.reset();
      if (this.has('ping-checked-as-utf8') && !wellFormed(payload)) return this.invalid();
      const back = this.has('pong-empty') ? Buffer.alloc(0) : payload;
      if (!this.has('pong-missing')) this.write(OP.PONG, back);
    } else if (this.opcode === OP.CLOSE) {
      this.peerClose(payload);
    }
    return undefined;
  }

  peerClose(payload) {
    if (this.has('no-close-reply')) {
      this.stopped = true;
      this.socket.resume();
      return;
    }
    if (payload.length === 0) return this.finish(Buffer.alloc(0), true);
    if (payload.length === 1) {
      if (this.has('allow-one-octet-close')) return this.finish(closeBody(1000), true);
      return this.fail(1002, 'close body of one octet');
    }
    const code = payload.readUInt16BE(0);
    const reason = payload.subarray(2);
    const registered = code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
    const legal = registered || (code >= 3000 && code <= 4999);
    if (!legal && !this.has('allow-close-codes')) return this.fail(1002, 'bad close code');
    if (this.has('close-reason-unchecked') && !wellFormed(reason)) {
      return this.finish(closeBody(1000), true);
    }
    const checker = new Utf8(this.faults);
    const fine = this.has('no-utf8') || (checker.feed(reason) < 0 && checker.complete());
    if (!fine || this.refusedReason(reason)) return this.invalid('reason');
    return this.finish(closeBody(legal ? code : 1000), true);
  }

  refusedReason(reason) {
    return reason.length > 0 && this.refusedCharacters(reason);
  }

  // --- permessage-deflate: a message at a time ---

  inflate(data) {
    let out;
    try {
      out = inflate(data, this.window, opts['max-payload']);
    } catch (error) {
      if (error.code === 'ERR_BUFFER_TOO_LARGE') {
        this.fail(1009, 'message too big');
        return null;
      }
      if (this.has('corrupt-deflate-ignored')) return Buffer.alloc(0);
      if (this.has('corrupt-deflate-1011')) this.fail(1011, 'inflate failed');
      else this.invalid();
      return null;
    }
    if (!this.deflate.clientNoTakeover) {
      const both = out.length >= WINDOW ? out : Buffer.concat([this.window, out]);
      this.window = Buffer.from(both.subarray(Math.max(0, both.length - WINDOW)));
    }
    return out;
  }

  // --- answers ---

  echo(m, data) {
    let out = data;
    if (m.type === OP.TEXT) {
      if (this.has('replace')) out = Buffer.from(decode(out));
      if (this.has('strip-invalid')) out = stripInvalid(out);
      if (this.has('latin1-repair') && !wellFormed(out)) out = Buffer.from(out.toString('latin1'));
      for (const name of this.faults) {
        if (name in CHANGES && wellFormed(out)) out = Buffer.from(CHANGES[name](decode(out)));
      }
      if (this.has('invalid-text')) out = Buffer.concat([out, Buffer.from([0xff])]);
    }
    if (this.has('echo-truncated')) out = out.subarray(0, -1);
    if (this.has('echo-missing')) return;
    let type = m.type;
    if (type === OP.TEXT && this.has('text-as-binary')) type = OP.BINARY;
    else if (type === OP.BINARY && this.has('binary-as-text')) type = OP.TEXT;
    this.sendMessage(type, out, m.compressed);
    if (this.has('echo-twice')) this.sendMessage(type, out, m.compressed);
  }

  sendMessage(type, data, compressed) {
    if (this.has('fragmented-echo') && data.length > 3) {
      this.write(type, data.subarray(0, 3), { fin: false });
      let at = 3;
      for (; data.length - at > 3; at += 3) {
        this.write(OP.CONT, data.subarray(at, at + 3), { fin: false });
      }
      this.write(OP.CONT, data.subarray(at));
    } else if (compressed) {
      // No reference back to earlier messages: legal whatever was negotiated.
      const stream = zlib.deflateRawSync(data, {
        finishFlush: zlib.constants.Z_SYNC_FLUSH,
        windowBits: this.deflate.serverBits,
      });
      this.write(type, stream.length > 4 ? stream.subarray(0, -4) : Buffer.from([0]), { rsv: 4 });
    } else {
      this.write(type, data);
    }
  }

  write(opcode, payload, bent = {}) {
    if (this.has('masked-frames')) bent = { ...bent, mask: Buffer.from([1, 2, 3, 4]) };
    if (this.has('rsv-frames')) bent = { ...bent, rsv: (bent.rsv ?? 0) | 2 };
    let octets = frame(opcode, payload, bent);
    if (this.has('reserved-opcode')) octets = Buffer.concat([frame(3, Buffer.from('?')), octets]);
    this.raw(octets);
  }

  raw(octets) {
    this.later(() => this.socket.writable && this.socket.write(octets));
  }

  /** Everything we do to the socket, in order, late where the fault says so. */
  later(action) {
    if (this.has('slow')) setTimeout(action, 300);
    else action();
  }

  /** The client broke the protocol. */
  fail(code, reason) {
    this.finish(closeBody(code, reason), false);
  }

  /** Text, or what a fault takes for text, is not UTF-8. */
  invalid(where = 'text') {
    refusals++;
    if (this.has('crash') || (this.has('crash-after-50') && refusals >= 50)) process.exit(1);
    if (this.has('hang-on-invalid')) {
      this.stopped = true;
      this.socket.pause();
      return;
    }
    if (this.has('drop-on-invalid')) return this.end();
    if (this.has('reset-on-invalid')) {
      this.stopped = true;
      this.socket.resetAndDestroy();
      return;
    }
    if (this.has('ignore-invalid') && where === 'text') {
      if (this.message) this.message.bad = true;
      return;
    }
    if (this.has('stall-others')) {
      const until = Date.now() + 1500;
      while (Date.now() < until);
    }
    if (this.has('close-all')) {
      for (const other of connections) {
        if (other !== this) other.fail(1007, 'a neighbour misbehaved');
      }
    }
    let code = this.invalidCode;
    if (this.has('tenth-1002') && refusals % 10 === 0) code = 1002;
    const body = closeBody(code, 'invalid UTF-8');
    if (this.has('processed-after-fault') && where === 'text') {
      if (this.message) this.message.bad = true;
      this.closeLater ??= setTimeout(() => this.finish(body, false), 50);
    } else if (this.has('slow-close')) {
      this.stopped = true;
      setTimeout(() => this.finish(body, false), 5000);
    } else {
      this.finish(body, false);
    }
    return undefined;
  }

  /** Our Close, then the end of TCP. Faults of the Close's form leave normal closing alone. */
  finish(body, answered) {
    if (this.closed) {
      if (this.message) this.message.bad = true;
      if (this.has('text-after-close')) this.raw(frame(OP.CLOSE, body));
      return;
    }
    this.closed = true;
    this.stopped = !(answered && this.has('text-after-close'));
    this.closeFrame(body);
    if (!this.stopped) setTimeout(() => this.end(), 50);
    else this.end();
  }

  closeFrame(body) {
    const normal = body.length < 2 || body.readUInt16BE(0) === 1000;
    let out = body;
    let bent = {};
    if (!normal || this.invalidCode === 1000) {
      const code = body.readUInt16BE(0);
      if (this.has('one-octet-close-body')) out = Buffer.from([3]);
      if (this.has('empty-close')) out = Buffer.alloc(0);
      if (this.has('invalid-reason')) out = closeBody(code, Buffer.from('bad\xff\xfe', 'latin1'));
      if (this.has('long-reason')) out = closeBody(code, 'x'.repeat(128));
      if (this.has('esc-reason')) out = closeBody(code, ESCAPES);
      if (this.has('stack-reason')) out = closeBody(code, STACK);
      if (this.has('fragmented-close')) bent = { fin: false };
      if (this.has('close-frame-mid-frame')) {
        this.raw(frame(OP.TEXT, Buffer.from('half of it'), { length: 1000 }));
      }
      if (this.has('double-close')) this.write(OP.CLOSE, out, bent);
    }
    this.write(OP.CLOSE, out, bent);
    if (!normal && this.has('data-after-close')) this.write(OP.TEXT, Buffer.from('late'));
  }

  /** Ends our side; what still comes is read and dropped, so that no RST overtakes the Close. */
  end() {
    this.stopped = true;
    this.socket.resume();
    if (this.has('keep-tcp')) return;
    this.later(() => this.socket.end());
    this.destroyWhenStuck(this.socket.writableLength);
  }

  /** The client gets the time it needs to read what we wrote, as long as it reads. */
  destroyWhenStuck(unread) {
    setTimeout(() => {
      const now = this.socket.writableLength;
      if (now > 0 && now < unread) this.destroyWhenStuck(now);
      else this.socket.destroy();
    }, opts['close-timeout-ms']).unref();
  }
}

/** The faults of this connection, or null if its query names one that is none. */
function faultsOf(request) {
  if (!request.query.has('fault')) return new Set(opts.fault);
  const names = request.query.getAll('fault').join(',').split(',').filter(Boolean);
  return names.every(known) ? new Set(names) : null;
}

function admit(request) {
  const faults = faultsOf(request);
  if (faults === null) return { refuse: [400, 'Bad Request', {}, 'unknown fault\n'] };
  request.faults = faults;
  const offers = faults.has('no-deflate') ? '' : request.headers['sec-websocket-extensions'];
  request.deflate = negotiate(offers);
  if (request.deflate === null) return {};
  return { headers: { 'Sec-WebSocket-Extensions': request.deflate.header } };
}

function open(socket, request, rest) {
  const connection = new Connection(socket, request.faults, request.deflate);
  if (rest.length > 0) connection.read(rest);
}

serve(rawServer(open, admit), opts);
