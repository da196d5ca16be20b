// One open connection: its socket, what is written to it, and the parts that read from it.

import { OP, closeBody, frame } from '../common.mjs';
import { Closing } from './close.mjs';
import { Control } from './control.mjs';
import { Deflate } from './deflate.mjs';
import { FrameReader } from './frames.mjs';
import { Messages } from './messages.mjs';

const BACKLOG = 16 * 1024 * 1024; // unread answers after which nothing more is read

export class Connection {
  constructor(world, socket, faults, deflate) {
    this.world = world;
    this.socket = socket;
    this.faults = faults;
    const has = (name) => faults.has(name);
    this.has = has;
    this.deflate = deflate && new Deflate(deflate, has, world);
    this.stopped = false; // nothing that comes is looked at any more
    this.frames = new FrameReader(this);
    this.messages = new Messages(this);
    this.control = new Control(this);
    this.closing = new Closing(this);
    world.connections.add(this);
    socket.on('close', () => this.gone());
    socket.on('data', (chunk) => this.read(chunk));
    socket.on('end', () => this.peerEnds());
    if (has('closes-idle')) {
      this.idle = setTimeout(() => this.closing.finish(closeBody(1000), false), 700);
    }
    if (has('text-after-upgrade')) this.raw(Buffer.from('\r\nNotice: Undefined index: user in chat.php\n'));
    if (has('chatty')) {
      this.write(OP.TEXT, Buffer.from('welcome'));
      this.write(OP.PING, Buffer.from('are you there'));
    }
  }

  gone() {
    this.world.connections.delete(this);
    this.stopped = true;
    if (!this.closing.begun && [...this.faults].some((name) => name.startsWith('slots-leak'))) this.world.lost++;
    clearTimeout(this.idle);
    this.messages.gone();
  }

  peerEnds() {
    if (!this.closing.begun) {
      if (this.has('fin-crash')) this.world.die();
      if (this.has('fin-1006')) this.write(OP.CLOSE, closeBody(1006));
      if (this.has('partial-delivered')) this.frames.deliverPart();
    }
    if (!this.has('keep-tcp')) this.socket.end();
  }

  read(chunk) {
    if (this.stopped) {
      this.closing.late(chunk);
      return;
    }
    clearTimeout(this.idle);
    this.messages.touched();
    this.frames.read(chunk);
    this.control.chunkDone();
    if (this.socket.writableLength > 1 << 20 && this.has('slow-reader-crash')) this.world.die();
    if (!this.stopped && this.socket.writableLength > BACKLOG) {
      this.socket.pause();
      this.socket.once('drain', () => this.stopped || this.socket.resume());
    }
  }

  // --- writing ---

  write(opcode, payload, changed = {}) {
    const has = this.has;
    if (has('masked-frames')) changed = { ...changed, mask: Buffer.from([1, 2, 3, 4]) };
    if (has('rsv-frames')) changed = { ...changed, rsv: (changed.rsv ?? 0) | 2 };
    if (has('rsv1-pongs') && opcode === OP.PONG) changed = { ...changed, rsv: 4 };
    let octets = frame(opcode, payload, changed);
    if (has('padded-lengths') && payload.length < 126) {
      octets = Buffer.concat([octets.subarray(0, 1), Buffer.from([126, 0, payload.length]), payload]);
    }
    if (has('length-little-endian') && octets[1] === 126) octets.subarray(2, 4).swap16();
    if (has('length-low-half-zero') && octets[1] === 127) {
      octets.copy(octets, 2, 6, 10);
      octets.fill(0, 6, 10);
    }
    if (has('length-in-characters') && opcode === OP.TEXT) {
      const { length } = payload.toString();
      octets = Buffer.concat([frame(opcode, payload.subarray(0, length), changed), payload.subarray(length)]);
    }
    if (has('queue-overtaken') && this.queueIsLong() && payload.length > 1000) {
      this.socket.once('drain', () => this.raw(octets)); // small ones go ahead
      return;
    }
    if (has('reserved-opcode')) octets = Buffer.concat([frame(3, Buffer.from('?')), octets]);
    this.raw(octets);
  }

  /** The client does not read: a write takes only a part of what it is given. */
  queueIsLong() {
    return this.socket.writableLength > 256 * 1024;
  }

  raw(octets) {
    let out = octets;
    if (this.queueIsLong()) {
      const half = octets.subarray(0, octets.length >> 1);
      if (this.has('short-write-lost')) out = half;
      if (this.has('short-write-again')) out = Buffer.concat([half, octets]);
    }
    this.later(() => this.socket.writable && this.socket.write(out));
  }

  /** Everything we do to the socket, in order, late where the fault says so. */
  later(action) {
    if (this.has('slow')) setTimeout(action, 300);
    else action();
  }

  // --- refusing ---

  /** The client broke the protocol. */
  fail(code, reason) {
    const has = this.has;
    if (has('fault-crash')) this.world.die();
    if (has('fault-hangs')) {
      this.stopped = true;
      this.socket.pause();
      return;
    }
    if (has('fault-ends-all')) {
      for (const other of this.world.connections) {
        if (other !== this) other.closing.finish(closeBody(1001), false);
      }
    }
    if (has('fault-drops')) return this.closing.end();
    if (has('fault-told-in-text')) this.write(OP.TEXT, Buffer.from(`error: ${reason}`));
    if (has('fault-no-code')) return this.closing.finish(Buffer.alloc(0), false);
    return this.closing.finish(closeBody(this.codeFor(code), reason), false);
  }

  codeFor(code) {
    const numbered = [...this.faults].find((name) => new RegExp(`^${code}-as-\\d{4}$`).test(name));
    return numbered ? Number(numbered.slice(8)) : code;
  }
}
