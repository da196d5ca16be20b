// Closing (RFC 6455 sections 5.5.1 and 7): the client's Close, our own, and the end of TCP.

import { OP, closeBody, frame } from '../common.mjs';
import { ESCAPES, STACK } from './text.mjs';
import { Utf8, wellFormed } from './utf8.mjs';

const RESETS = ['close-lost-to-reset', 'close-lost-to-reset-2-of-5', 'reset-after-close'];
const A_FRAME = 16; // octets: the rest of the faulty frame itself is no more than that

const mayTravel = (code) => {
  const registered = code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
  return registered || (code >= 3000 && code <= 4999);
};

export class Closing {
  constructor(connection) {
    this.connection = connection;
    this.has = connection.has;
    this.begun = false; // our Close is out
    this.unread = 0; // octets that came after what we refused
    const numbered = [...connection.faults].find((name) => /^code-\d{4}$/.test(name));
    this.invalidCode = this.has('wrong-code-1006-sent') ? 1006 : Number(numbered?.slice(5) ?? 1007);
  }

  // --- the client's Close ---

  peer(payload) {
    const { connection: c, has } = this;
    if (has('no-close-reply')) {
      c.stopped = true;
      c.socket.resume();
      return undefined;
    }
    if (has('half-message-echoed') && c.messages.open) {
      c.messages.echo(c.messages.open, c.messages.open.gather.take());
    }
    if (payload.length === 0) {
      if (has('empty-close-refused')) return c.fail(1002, 'Close without a code');
      return this.reply(has('answers-1005') ? closeBody(1005) : Buffer.alloc(0));
    }
    if (payload.length === 1) {
      if (has('one-octet-close-echoed')) return this.reply(payload);
      if (has('allow-one-octet-close')) return this.reply(closeBody(1000));
      return c.fail(1002, 'close body of one octet');
    }
    const code = payload.readUInt16BE(0);
    const reason = payload.subarray(2);
    if (!this.legal(code)) {
      if (has('invalid-code-echoed')) return this.reply(payload);
      if (has('allow-close-codes')) return this.reply(closeBody(1000));
      return c.fail(1002, 'bad close code');
    }
    if (has('close-reason-unchecked') && !wellFormed(reason)) return this.reply(closeBody(1000));
    const checker = new Utf8(c.faults);
    const fine = has('no-utf8') || (checker.feed(reason) < 0 && checker.complete());
    const refused = reason.length > 0 && c.messages.refusedCharacters(reason);
    if (!fine || refused) return this.invalid('reason');
    if (has('reason-refused') && reason.length > 0) return c.fail(1002, 'Close with a reason');
    if (has('long-reason-refused') && reason.length > 100) return c.fail(1002, 'reason too long');
    if (has('close-code-swapped')) return this.reply(Buffer.from([payload[1], payload[0]]));
    if (has('answers-1006')) return this.reply(closeBody(1006));
    return this.reply(closeBody(mayTravel(code) ? code : 1000));
  }

  legal(code) {
    const has = this.has;
    if (has('only-1000') && code !== 1000) return false;
    if (has('codes-1000-1003') && code > 1003 && code < 3000) return false;
    if (has('codes-no-private') && code >= 3000) return false;
    if (has('code-1010-refused') && code === 1010) return false;
    if (has('codes-below-3000') && code >= 1000 && code < 3000) return true;
    if (has('code-1004-taken') && code === 1004) return true;
    if (has('codes-1005-1006-taken') && (code === 1005 || code === 1006)) return true;
    if (has('code-1015-taken') && code === 1015) return true;
    if (has('codes-below-1000') && code < 1000) return true;
    if (has('codes-from-5000') && code >= 5000) return true;
    return mayTravel(code);
  }

  /** Our Close in answer, or what a fault does in its place. */
  reply(body) {
    const { connection: c, has } = this;
    if (has('close-dropped')) return this.end();
    if (has('close-reset')) {
      c.stopped = true;
      c.socket.resetAndDestroy();
      return undefined;
    }
    if (has('close-answered-late')) {
      c.stopped = true;
      setTimeout(() => this.finish(body, true), 4000);
      return undefined;
    }
    if (has('close-answered-after-fin')) {
      // The answer is queued for the next turn of the loop; if the client's FIN comes first, it is lost.
      c.stopped = true;
      c.socket.once('end', () => c.socket.destroy());
      setTimeout(() => this.finish(body, true), 20);
      return undefined;
    }
    if (has('close-answered-twice')) this.closeFrame(body);
    if (this.held) {
      clearTimeout(this.held);
      this.held = null;
    }
    return this.finish(body, true);
  }

  /** Half of an echo is written; the other half would come a moment later. */
  hold(type, data) {
    const { connection: c } = this;
    const octets = frame(type, data);
    c.raw(octets.subarray(0, octets.length >> 1));
    this.held = setTimeout(() => c.raw(octets.subarray(octets.length >> 1)), 20);
  }

  // --- our own ---

  /** Text, or what a fault takes for text, is not UTF-8. */
  invalid(where = 'text') {
    const { connection: c, has } = this;
    const { world } = c;
    world.refusals++;
    if (has('crash') || (has('crash-after-50') && world.refusals >= 50)) world.die();
    if (has('hang-on-invalid')) {
      c.stopped = true;
      c.socket.pause();
      return;
    }
    if (has('drop-on-invalid')) return this.end();
    if (has('reset-on-invalid')) {
      c.stopped = true;
      c.socket.resetAndDestroy();
      return;
    }
    if (has('ignore-invalid') && where === 'text') {
      if (c.messages.open) c.messages.open.bad = true;
      return;
    }
    if (has('stall-others')) world.stall(1500);
    if (has('close-all')) {
      for (const other of world.connections) {
        if (other !== c) other.fail(1007, 'a neighbour misbehaved');
      }
    }
    let code = this.invalidCode;
    if (has('tenth-1002') && world.refusals % 10 === 0) code = 1002;
    const body = closeBody(code, 'invalid UTF-8');
    if (has('processed-after-fault') && where === 'text') {
      if (c.messages.open) c.messages.open.bad = true;
      this.closeLater ??= setTimeout(() => this.finish(body, false), 50);
    } else if (has('slow-close')) {
      c.stopped = true;
      setTimeout(() => this.finish(body, false), 5000);
    } else {
      this.finish(body, false);
    }
    return undefined;
  }

  /** Our Close, then the end of TCP. Faults of the Close's form leave normal closing alone. */
  finish(body, answered) {
    const { connection: c, has } = this;
    if (this.begun) {
      if (c.messages.open) c.messages.open.bad = true;
      if (has('text-after-close')) c.raw(frame(OP.CLOSE, body));
      return;
    }
    this.begun = true;
    const goesOn = answered ? has('text-after-close') : has('goes-on-after-close');
    c.stopped = !goesOn;
    if (!answered && RESETS.some((name) => has(name))) {
      this.endWithReset(body);
      return;
    }
    this.closeFrame(body);
    if (goesOn) setTimeout(() => this.end(), answered ? 50 : 200);
    else if (answered && has('tcp-left-to-client')) c.socket.resume();
    else if (!answered && has('answer-awaited')) c.socket.resume();
    else if (!answered && has('crossing-answered')) setTimeout(() => this.end(), 100);
    else this.end();
  }

  /** As where the socket is closed without reading on: what lies unread in it makes a reset. */
  endWithReset(body) {
    const { connection: c, has } = this;
    setTimeout(() => {
      const reset = this.unread > A_FRAME && this.lotFallsOn(c.world.resets++);
      if (!reset || has('reset-after-close')) this.closeFrame(body);
      if (!reset) this.end();
      else setTimeout(() => c.socket.resetAndDestroy(), 20);
    }, 20);
  }

  lotFallsOn(number) {
    return !this.has('close-lost-to-reset-2-of-5') || number % 5 === 1 || number % 5 === 3;
  }

  /** What comes after our Close. */
  late(chunk) {
    const { connection: c, has } = this;
    if (!this.begun) return;
    this.unread += chunk.length;
    const opcode = chunk[0] & 15;
    if (opcode === OP.CLOSE && has('crossing-answered')) c.raw(frame(OP.CLOSE, closeBody(1000)));
    if (opcode === OP.CLOSE && has('answer-awaited')) this.end();
    if (opcode === OP.PING && has('pong-after-close')) c.raw(frame(OP.PONG, Buffer.alloc(0)));
  }

  closeFrame(body) {
    const { connection: c, has } = this;
    const normal = body.length < 2 || body.readUInt16BE(0) === 1000;
    let out = body;
    let changed = {};
    if (!normal || this.invalidCode === 1000) {
      const code = body.readUInt16BE(0);
      if (has('one-octet-close-body')) out = Buffer.from([3]);
      if (has('empty-close')) out = Buffer.alloc(0);
      if (has('invalid-reason')) out = closeBody(code, Buffer.from('bad\xff\xfe', 'latin1'));
      if (has('long-reason')) out = closeBody(code, 'x'.repeat(128));
      if (has('reason-cut')) out = closeBody(code, Buffer.from('€'.repeat(41) + 'x').subarray(0, 122));
      if (has('own-code-swapped')) out = Buffer.from([body[1], body[0], ...body.subarray(2)]);
      if (has('code-left-out')) out = body.subarray(2);
      if (has('esc-reason')) out = closeBody(code, ESCAPES);
      if (has('stack-reason')) out = closeBody(code, STACK);
      if (has('fragmented-close')) changed = { fin: false };
      if (has('close-frame-mid-frame')) {
        c.raw(frame(OP.TEXT, Buffer.from('half of it'), { length: 1000 }));
      }
      if (has('double-close')) c.write(OP.CLOSE, out, changed);
    }
    if (has('two-writers')) {
      const other = frame(OP.TEXT, Buffer.from('a text of another writer of the server'));
      c.raw(Buffer.concat([frame(OP.CLOSE, Buffer.alloc(0), { length: out.length }), other, out]));
      return;
    }
    c.write(OP.CLOSE, out, changed);
    if (!normal && has('data-after-close')) c.write(OP.TEXT, Buffer.from('late'));
  }

  /** Ends our side; what still comes is read and dropped, so that no RST overtakes the Close. */
  end() {
    const { connection: c } = this;
    c.stopped = true;
    c.socket.resume();
    if (this.has('keep-tcp')) return;
    c.later(() => c.socket.end());
    this.destroyWhenStuck(c.socket.writableLength);
  }

  /** The client gets the time it needs to read what we wrote, as long as it reads. */
  destroyWhenStuck(unread) {
    const { socket, world } = this.connection;
    setTimeout(() => {
      const now = socket.writableLength;
      if (now > 0 && now < unread) this.destroyWhenStuck(now);
      else socket.destroy();
    }, world.opts['close-timeout-ms']).unref();
  }
}
