// Frames as they come, octet by octet (RFC 6455 section 5.2): header, length, mask.

import { OP } from '../common.mjs';
import { Gather } from './gather.mjs';

export class FrameReader {
  constructor(connection) {
    this.connection = connection;
    this.has = connection.has;
    this.head = Buffer.alloc(14);
    this.headLength = 0;
    this.headNeed = 2;
    this.inFrame = false;
    this.number = 0; // of the frame, from 1
    this.maskAt = 0;
    this.due = null; // a refusal that waits for the end of its frame (a fault)
  }

  get deflate() {
    return this.connection.deflate !== null;
  }

  get inMessage() {
    return this.connection.messages.open !== null;
  }

  read(chunk) {
    const c = this.connection;
    let at = 0;
    while (at < chunk.length && !c.stopped) {
      const before = this.number;
      at = this.inFrame ? this.readPayload(chunk, at) : this.readHead(chunk, at);
      const ended = before === this.number && !this.inFrame && this.headLength === 0;
      if (ended && this.has('segment-rest-lost')) break;
    }
    if (c.stopped && at < chunk.length) c.closing.late(chunk.subarray(at));
    if (!this.inFrame && this.headLength > 0 && this.has('header-in-one-read')) {
      this.headLength = 0;
      this.headNeed = 2;
    }
  }

  readHead(chunk, at) {
    this.head[this.headLength++] = chunk[at++];
    if (this.headLength === 1) this.checkFirst();
    if (this.headLength === 2 && !this.connection.stopped) this.checkSecond();
    if (this.headLength === this.headNeed && !this.connection.stopped) this.beginFrame();
    return at;
  }

  /** The client broke a rule of framing. */
  fail(code, reason) {
    if (this.has('waits-for-payload')) this.due ??= [code, reason];
    else this.connection.fail(code, reason);
  }

  // --- the first octet ---

  checkFirst() {
    this.fin = (this.head[0] & 0x80) !== 0;
    this.rsv = (this.head[0] >> 4) & 7;
    this.opcode = this.head[0] & 15;
    this.skipped = false;
    if (!this.rsvAllowed()) this.fail(1002, 'reserved bit');
    else if (!this.opcodeAllowed()) this.fail(1002, 'reserved opcode');
    else this.checkFragments();
  }

  rsvAllowed() {
    const has = this.has;
    const control = this.opcode >= 8;
    const starts = this.opcode === OP.TEXT || this.opcode === OP.BINARY;
    let allowed = this.deflate && starts ? 4 : 0;
    if (has('allow-rsv') || (has('rsv-control-unchecked') && control)) allowed = 7;
    if (has('rsv-close-unchecked') && this.opcode === OP.CLOSE) allowed = 7;
    if (has('rsv-binary-unchecked') && this.opcode === OP.BINARY) allowed = 7;
    if (has('rsv-later-unchecked') && this.opcode === OP.CONT) allowed = 7;
    if (has('rsv1-only') && !control) allowed |= 3;
    if (has('rsv-3-unchecked')) allowed |= 1;
    if (this.deflate) {
      if (has('rsv1-continuation') && this.opcode === OP.CONT) allowed |= 4;
      if (has('rsv1-control') && control) allowed |= 4;
      if (has('rsv23-with-deflate')) allowed |= 3;
    } else if (has('rsv1-undeclared') && starts) {
      allowed |= 4;
    }
    return (this.rsv & ~allowed) === 0;
  }

  opcodeAllowed() {
    if ([0, 1, 2, 8, 9, 10].includes(this.opcode)) return true;
    const has = this.has;
    if (has('reserved-as-text') && this.opcode < 8) {
      this.opcode = OP.TEXT;
      return true;
    }
    if (has('reserved-as-pong') && this.opcode > 10) {
      this.opcode = OP.PONG;
      return true;
    }
    this.skipped = has('allow-reserved-opcode') || (has('reserved-in-message') && this.inMessage);
    this.skipped ||= has('reserved-control-skipped') && this.opcode > 10;
    return this.skipped;
  }

  checkFragments() {
    const has = this.has;
    const starts = this.opcode === OP.TEXT || this.opcode === OP.BINARY;
    if (this.opcode >= 8 && !this.fin) {
      const allowed = has('allow-fragmented-control') ||
        (has('close-fin-unchecked') && this.opcode === OP.CLOSE) ||
        (has('pong-fin-unchecked') && this.opcode === OP.PONG);
      if (!allowed) this.fail(1002, 'fragmented control frame');
    } else if (this.opcode === OP.CONT && !this.inMessage) {
      const again = has('continuation-after-message') && this.connection.messages.count > 0;
      if (has('continuation-swallowed')) this.skipped = true;
      else if (!has('allow-orphan-continuation') && !again) this.fail(1002, 'continuation of nothing');
    } else if (starts && this.inMessage) {
      const { type } = this.connection.messages.open;
      const other = has('interleaved-other-type') && type !== this.opcode;
      if (has('interleaved-appended')) this.opcode = OP.CONT;
      else if (!has('allow-interleaved') && !other) this.fail(1002, 'message inside a message');
    } else if (this.inMessage && this.opcode >= 8) {
      const refused = (has('ping-in-message-refused') && this.opcode === OP.PING) ||
        (has('pong-in-message-refused') && this.opcode === OP.PONG);
      if (refused) this.fail(1002, 'control frame inside a message');
    }
  }

  // --- the second octet, and the length ---

  checkSecond() {
    const has = this.has;
    const short = this.head[1] & 127;
    const masked = (this.head[1] & 128) !== 0;
    if (!masked && !this.unmaskedAllowed()) this.fail(1002, 'not masked');
    if (this.opcode >= 8 && short > 125 && !this.connection.stopped) {
      const pong = has('long-pong') || has('reserved-as-pong');
      const allowed = has('allow-long-control') || (pong && this.opcode === OP.PONG) ||
        (has('long-ping') && this.opcode === OP.PING) ||
        (has('long-close') && this.opcode === OP.CLOSE);
      if (!allowed) this.fail(1002, 'control frame too long');
    }
    const key = masked && !(short === 0 && has('empty-frame-key')) ? 4 : 0;
    this.headNeed = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + key;
  }

  unmaskedAllowed() {
    const has = this.has;
    if (has('allow-unmasked')) return true;
    if (has('unmasked-control') && this.opcode >= 8) return true;
    if (has('unmasked-close') && this.opcode === OP.CLOSE) return true;
    if (has('unmasked-later') && this.number > 0) return true;
    if (has('unmasked-continuation') && this.opcode === OP.CONT) return true;
    return has('unmasked-empty') && (this.head[1] & 127) === 0;
  }

  length() {
    const has = this.has;
    const short = this.head[1] & 127;
    let length = BigInt(short);
    let least = 0n;
    if (short === 126) {
      length = BigInt(has('length-16-signed') ? this.head.readInt16BE(2) : this.head.readUInt16BE(2));
      if (length < 0n) return [0n, 'negative length'];
      if (!has('length-16-any') && !(has('length-control-any') && this.opcode >= 8)) least = 126n;
    } else if (short === 127) {
      length = this.head.readBigUInt64BE(2);
      if (has('length-31-bits')) length &= 0x7fffffffn;
      if (has('length-32-bits')) length &= 0xffffffffn;
      if (has('length-24-bits')) length &= 0xffffffn;
      if (this.sumWraps(length)) return [5n, null];
      if (has('top-bit-dropped')) length &= 0x7fffffffffffffffn;
      if (!has('length-64-any')) least = 65536n;
    }
    if (length > 0x7fffffffn && has('huge-length-crash')) this.connection.world.die();
    if (length >> 63n) return [0n, 'length with its highest bit set'];
    const padded = length < least && !has('allow-nonminimal-length');
    if (padded) return [length, 'length not in its shortest form'];
    return [length, null];
  }

  /** Faults: header and length, or the message so far and the length, are added in too few bits. */
  sumWraps(length) {
    const has = this.has;
    const all = length + 14n; // the longest header
    const message = length + BigInt(this.connection.messages.open?.gather.length ?? 0);
    const passes = (sum, bits) => length < 1n << bits && sum >= 1n << bits;
    const crash = (has('length-sum-31-crash') && passes(all, 31n)) ||
      (has('length-sum-63-crash') && passes(all, 63n));
    if (crash) this.connection.world.die();
    return (has('length-sum-32') && passes(all, 32n)) || (has('length-sum-64') && passes(message, 64n));
  }

  beginFrame() {
    const has = this.has;
    const [length, why] = this.length();
    if (why !== null) this.fail(1002, why);
    if (this.connection.stopped) return;
    this.number++;
    this.left = Number(length);
    const masked = (this.head[1] & 128) !== 0;
    this.mask = masked ? Buffer.from(this.head.subarray(this.headNeed - 4, this.headNeed)) : null;
    if (!(has('mask-goes-on') && this.opcode === OP.CONT)) this.maskAt = 0;
    this.checkMask();
    if (this.connection.stopped) return;
    const data = this.opcode < 8 && !this.skipped && this.due === null;
    if (data && !this.connection.messages.begin(this, length)) return;
    this.target = data ? this.connection.messages.open.gather : new Gather();
    this.data = data;
    this.frameStart = this.target.length;
    this.headLength = 0;
    this.headNeed = 2;
    this.inFrame = true;
    if (this.left === 0) this.endFrame();
  }

  checkMask() {
    const { mask, has } = this;
    if (mask === null) return;
    if (has('mask-zero-refused') && mask.readUInt32BE(0) === 0) this.fail(1002, 'not masked');
    if (has('mask-repeat-refused') && this.lastMask?.equals(mask)) this.fail(1002, 'key used before');
    this.lastMask = mask;
  }

  // --- payload ---

  readPayload(chunk, at) {
    const n = Math.min(this.left, chunk.length - at);
    const from = this.target.length;
    this.target.extend(n);
    const { data } = this.target;
    const { mask } = this;
    if (this.has('mask-per-read')) this.maskAt = 0;
    let key = this.maskAt;
    if (mask === null) chunk.copy(data, from, at, at + n);
    else for (let i = 0; i < n; i++) data[from + i] = chunk[at + i] ^ mask[key++ & 3];
    if (mask !== null) this.maskWrong(data, from, n);
    this.maskAt = key & 3;
    this.left -= n;
    if (this.data) this.connection.messages.part(from);
    if (!this.connection.stopped && this.left === 0) this.endFrame();
    return at + n;
  }

  /** Unmasking in blocks that goes wrong where a payload is no multiple of them. */
  maskWrong(data, from, n) {
    const { mask, has } = this;
    const rest = (size) => {
      for (let i = n - (n % size); i < n; i++) data[from + i] ^= mask[i & 3] ^ mask[(i + 1) & 3];
    };
    if (has('mask-tail-of-4') && n > 4) rest(4);
    if (has('mask-tail-of-16') && n > 64) rest(16);
    if (has('mask-long-wrong')) {
      for (let i = from; i < from + n; i++) if (i >= 32768) data[i] ^= 85;
    }
  }

  endFrame() {
    this.inFrame = false;
    if (this.due !== null) return this.connection.fail(...this.due);
    if (this.skipped) return undefined;
    if (this.opcode >= 8) return this.connection.control.frame(this.opcode, this.target.take());
    return this.connection.messages.end(this);
  }

  /** A fault: what has come of a frame is taken for the whole of it. */
  deliverPart() {
    if (!this.inFrame || !this.data) return;
    this.fin = true;
    this.endFrame();
  }
}
