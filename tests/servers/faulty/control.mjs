// Control frames (RFC 6455 section 5.5): pings and pongs. A Close goes on to close.mjs.

import { OP } from '../common.mjs';
import { wellFormed } from './utf8.mjs';

export class Control {
  constructor(connection) {
    this.connection = connection;
    this.has = connection.has;
    this.waiting = []; // payloads of pings that a fault answers later
    this.pings = 0;
  }

  frame(opcode, payload) {
    if (this.has('control-inflated') && this.connection.deflate && payload.length > 0) {
      try {
        payload = this.connection.deflate.inflate(payload, 125);
      } catch {
        return this.connection.fail(1007, 'control frame');
      }
    }
    if (opcode !== OP.CLOSE && this.has('control-feeds-utf8') && this.connection.messages.open) {
      this.connection.messages.utf8.feed(payload);
    }
    if (opcode === OP.PING) return this.ping(payload);
    if (opcode === OP.PONG) return this.pong(payload);
    return this.connection.closing.peer(payload);
  }

  ping(payload) {
    const { connection: c, has } = this;
    const { messages } = c;
    if (has('ping-flood-crash') && ++this.pings > 2000) c.world.die();
    if (has('ping-resets-utf8')) messages.utf8.reset();
    if (has('ping-checked-as-utf8') && !wellFormed(payload)) return messages.invalid();
    if (messages.open) {
      if (has('ping-joins-message')) {
        const { gather } = messages.open;
        const from = gather.length;
        gather.extend(payload.length);
        payload.copy(gather.data, from);
      }
      if (has('ping-ends-message')) messages.open = null;
      if (has('ping-in-message-unanswered')) return undefined;
      if (has('ping-after-message')) {
        this.waiting.push(payload);
        return undefined;
      }
    }
    if (has('pongs-reversed') || has('pong-first-only')) {
      this.waiting.push(payload);
      return undefined;
    }
    return this.answer(payload);
  }

  answer(payload) {
    const { connection: c, has } = this;
    if (has('pong-missing')) return;
    let back = payload;
    if (has('pong-empty')) back = Buffer.alloc(0);
    if (has('pong-truncated')) back = payload.subarray(0, 64);
    if (has('pong-as-string')) back = Buffer.from(payload.toString());
    if (has('pong-stops-at-nul') && payload.includes(0)) back = payload.subarray(0, payload.indexOf(0));
    if (has('pong-is-ping')) c.write(OP.PING, back);
    else c.write(OP.PONG, back);
    if (has('pong-twice')) c.write(OP.PONG, back);
  }

  pong(payload) {
    const { connection: c, has } = this;
    if (has('pong-refused')) return c.fail(1002, 'pong for no ping');
    if (has('pong-answered')) c.write(OP.PONG, payload);
    if (has('pong-echoed')) c.write(OP.TEXT, payload);
    return undefined;
  }

  /** A message went by. */
  messageDone() {
    if (this.has('ping-after-message')) this.waiting.splice(0).forEach((payload) => this.answer(payload));
  }

  /** All of what one read brought has been looked at. */
  chunkDone() {
    if (this.waiting.length === 0 || this.connection.stopped) return;
    if (this.has('pongs-reversed')) {
      this.waiting.splice(0).reverse().forEach((payload) => this.answer(payload));
    } else if (this.has('pong-first-only')) {
      this.answer(this.waiting.splice(0)[0]);
    }
  }
}
