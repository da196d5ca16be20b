// Messages: put together from their frames (RFC 6455 section 5.4), judged as text, and echoed.

import { OP, frame } from '../common.mjs';
import { Gather } from './gather.mjs';
import { CHANGES, REFUSED_CHARACTERS, decode } from './text.mjs';
import { Utf8, stripInvalid, wellFormed } from './utf8.mjs';

export class Messages {
  constructor(connection) {
    this.connection = connection;
    this.has = connection.has;
    this.open = null; // the message whose frames come
    this.count = 0;
    this.utf8 = new Utf8(connection.faults);
    if (this.has('utf8-shared')) this.utf8 = connection.world.utf8 ??= this.utf8;
    this.mode = this.utf8Mode();
    this.outbox = [];
  }

  // --- UTF-8 ---

  utf8Mode() {
    const none = ['no-utf8', 'replace', 'strip-invalid', 'latin1-repair'];
    if (none.some((name) => this.has(name))) return 'none';
    if (this.has('plain-unchecked') && this.connection.deflate) return 'none';
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
    const checker = new Utf8(this.connection.faults);
    return checker.feed(part) < 0 && (checker.complete() || part.length < data.length);
  }

  refusedCharacters(data) {
    return [...this.connection.faults].some((name) => REFUSED_CHARACTERS[name]?.test(decode(data)));
  }

  invalid() {
    this.connection.closing.invalid();
  }

  // --- the frames of a message ---

  /** The header of a data frame. False if it is refused. */
  begin(frame, length) {
    const { connection, has } = this;
    if (frame.opcode === OP.TEXT || frame.opcode === OP.BINARY || this.open === null) this.start(frame);
    this.open.frames++;
    let limit = connection.world.opts['max-payload'];
    if (has('big-limit-64k')) limit = 65536;
    if (has('limit-off-by-one')) limit--;
    const before = has('limit-per-frame') ? 0 : this.open.gather.length;
    if (length + BigInt(before) > BigInt(limit) && !has('no-limit')) {
      connection.fail(1009, 'message too big');
      return false;
    }
    if (has('fragment-limit-1000') && this.open.frames > 1000) {
      connection.fail(1008, 'too many fragments');
      return false;
    }
    return true;
  }

  start(frame) {
    const compressed = (frame.rsv & 4) !== 0 && this.connection.deflate !== null;
    this.open = {
      type: frame.opcode === OP.BINARY ? OP.BINARY : OP.TEXT,
      compressed,
      gather: new Gather(),
      frames: 0,
      pieces: [],
      ends: [],
    };
    if (this.has('message-not-emptied') && this.rest) {
      this.open.gather.extend(this.rest.length);
      this.rest.copy(this.open.gather.data);
    }
    if (this.has('type-kept')) this.open.type = this.kept ??= this.open.type;
    if (!this.has('carry-state') && !this.has('utf8-shared') && !this.fed) this.utf8.reset();
    this.fed = false;
    this.armPatience();
  }

  /** Is this message judged while it comes? */
  judged() {
    const m = this.open;
    if (m.bad) return false;
    if (m.type === OP.BINARY && !this.has('binary-checked-as-text')) return false;
    if (m.compressed && !this.has('checks-wire')) return false;
    return true;
  }

  /** Octets of the open message from `from` on have come. */
  part(from) {
    const m = this.open;
    if (!this.judged()) return;
    const first = this.mode === 'first-frame' && m.frames === 1;
    const now = this.mode === 'octet' || this.mode === 'per-frame' || first;
    if (now && this.utf8.feed(m.gather.data, from, m.gather.length) >= 0) this.invalid();
  }

  /** A data frame is whole. */
  end(frame) {
    const m = this.open;
    const empty = m.gather.length === frame.frameStart;
    if (this.judged()) {
      let fine = true;
      if (this.mode === 'frame-end') {
        fine = this.utf8.feed(m.gather.data, frame.frameStart, m.gather.length) < 0;
      }
      if (this.mode === 'per-frame' && !this.utf8.complete()) fine = false;
      if (empty && !frame.fin && this.has('empty-resets-utf8')) this.utf8.reset();
      if (!fine) this.invalid();
    }
    if (this.connection.stopped) return;
    if (this.has('empty-frame-refused') && empty && m.frames > 1) {
      this.connection.fail(1002, 'empty continuation');
      return;
    }
    m.ends.push(m.gather.length);
    if (this.has('inflates-each-frame') && m.compressed) m.pieces.push(m.gather.length);
    if (this.has('compressed-by-last')) m.compressed = (frame.rsv & 4) !== 0;
    const fin = frame.fin || (this.has('empty-frame-ends') && empty);
    if (fin) this.finish(empty);
  }

  finish(lastIsEmpty) {
    const m = this.open;
    this.open = null;
    this.count++;
    clearTimeout(this.patience);
    if (m.bad) return; // refused already; a fault keeps us here
    let data = m.gather.take();
    if (this.has('message-not-emptied') && m.frames > 1) this.rest = data;
    const text = m.type === OP.TEXT;
    const due = text || this.has('binary-checked-as-text');
    let fine = true;
    if (m.compressed) {
      data = this.inflate(m, data);
      if (data === null) return;
      const checked = this.mode !== 'none' || (this.has('plain-unchecked') && !this.has('no-utf8'));
      const skipped = this.has('deflate-unchecked') || this.has('checks-wire');
      fine = !due || !checked || skipped || this.wholeIsFine(data);
    } else {
      this.connection.deflate?.passed(data);
      if (due) fine = this.plainIsFine(m, data, lastIsEmpty);
    }
    if (!text && this.has('binary-feeds-utf8')) {
      if (this.utf8.feed(data) >= 0) this.utf8.reset();
      this.fed = true;
    }
    if (!fine) {
      if (this.has('echo-then-close')) this.echo(m, data);
      this.invalid();
    } else if (text && this.refusedCharacters(data)) {
      this.invalid();
    } else if (this.has('fragments-as-messages') && !m.compressed && m.frames > 1) {
      m.ends.forEach((end, i) => this.connection.write(m.type, data.subarray(m.ends[i - 1] ?? 0, end)));
    } else {
      this.echo(m, data);
      this.connection.control.messageDone();
    }
  }

  plainIsFine(m, data, lastIsEmpty) {
    if (this.mode === 'end') return this.wholeIsFine(data);
    const first = this.mode === 'first-frame' && m.frames === 1;
    if (this.mode === 'octet' || this.mode === 'frame-end' || first) {
      const emptyEnd = lastIsEmpty && m.frames > 1 && this.has('empty-final-unchecked');
      return this.utf8.complete() || this.has('carry-state') || emptyEnd;
    }
    return true;
  }

  inflate(m, data) {
    const c = this.connection;
    let limit = c.world.opts['max-payload'];
    if (this.has('big-limit-64k')) limit = 65536;
    if (this.has('no-limit')) limit = 64 * 1024 * 1024;
    try {
      if (m.pieces.length === 0) return c.deflate.inflate(data, limit);
      const cuts = m.pieces.map((end, i) => data.subarray(m.pieces[i - 1] ?? 0, end));
      return Buffer.concat(cuts.map((cut) => c.deflate.inflate(cut, limit)));
    } catch (error) {
      if (error.code === 'ERR_BUFFER_TOO_LARGE') {
        if (this.has('bomb-crash')) c.world.die();
        if (this.has('bomb-cut')) return Buffer.alloc(1024);
        if (this.has('bomb-unbounded')) {
          // What an echo of all of it would look like, without a gigabyte here.
          c.write(m.type, data, { rsv: 4 });
          return null;
        }
        c.fail(1009, 'message too big');
        return null;
      }
      if (this.has('corrupt-deflate-ignored')) return Buffer.alloc(0);
      if (this.has('corrupt-deflate-crash')) c.world.die();
      if (this.has('corrupt-deflate-swallowed')) return null;
      if (this.has('corrupt-deflate-as-is')) return data;
      if (this.has('corrupt-deflate-1000')) c.fail(1000, 'inflate failed');
      else if (this.has('corrupt-deflate-1011')) c.fail(1011, 'inflate failed');
      else this.invalid();
      return null;
    }
  }

  // --- patience ---

  touched() {
    if (this.open) this.armPatience();
  }

  armPatience() {
    if (!this.has('impatient')) return;
    clearTimeout(this.patience);
    const late = () => this.connection.stopped || this.connection.fail(1008, 'message timeout');
    this.patience = setTimeout(late, 1000);
  }

  gone() {
    clearTimeout(this.patience);
  }

  // --- the echo ---

  echo(m, data) {
    let out = m.type === OP.TEXT ? this.changed(data) : data;
    const has = this.has;
    if (has('echo-truncated')) out = out.subarray(0, -1);
    if (has('echo-64k') && out.length > 65535) out = out.subarray(0, out.length & 65535);
    if (has('echo-hole') && out.length > 1 << 20) {
      out = Buffer.from(out);
      out.fill(0, 700000, 700016);
    }
    if (has('echo-missing') || (has('every-100th-lost') && this.count % 100 === 0)) return;
    if (has('stuck-after-big') && out.length > 100000) this.connection.stopped = true;
    let type = m.type;
    if (type === OP.TEXT && has('text-as-binary')) type = OP.BINARY;
    else if (type === OP.BINARY && has('binary-as-text')) type = OP.TEXT;
    if (has('fragments-as-text') && m.frames > 1) type = OP.TEXT;
    if (has('echo-in-pairs')) return this.paired(type, out, m.compressed);
    this.send(type, out, m.compressed);
    if (has('echo-twice')) this.send(type, out, m.compressed);
    return undefined;
  }

  /** Every second answer overtakes the one before it. */
  paired(type, out, compressed) {
    this.outbox.push([type, out, compressed]);
    const flush = () => this.outbox.splice(0).reverse().forEach((each) => this.send(...each));
    if (this.outbox.length > 1) flush();
    else setTimeout(flush, 20);
  }

  changed(data) {
    let out = data;
    if (this.has('replace')) out = Buffer.from(decode(out));
    if (this.has('strip-invalid')) out = stripInvalid(out);
    if (this.has('latin1-repair') && !wellFormed(out)) out = Buffer.from(out.toString('latin1'));
    for (const name of this.connection.faults) {
      if (name in CHANGES && wellFormed(out)) out = Buffer.from(CHANGES[name](decode(out)));
    }
    return this.has('invalid-text') ? Buffer.concat([out, Buffer.from([0xff])]) : out;
  }

  send(type, data, compressed) {
    const c = this.connection;
    const has = this.has;
    let out = data;
    let rsv = 0;
    if (compressed) {
      out = c.deflate.deflate(data);
      rsv = has('rsv1-missing') ? 0 : 4;
    }
    const pieces = ['fragmented-echo', 'fragments-repeat-opcode', 'rsv1-each-fragment'].some(has);
    if (pieces && out.length > 3) return this.sendInPieces(type, out, rsv, 3);
    if (has('message-split') && !compressed && out.length > 4096) {
      for (let at = 0; at < out.length; at += 4096) c.write(type, out.subarray(at, at + 4096));
      return undefined;
    }
    if (has('torn-message') && !compressed && out.length > 1000) {
      const head = frame(type, Buffer.alloc(0), { length: out.length });
      c.raw(Buffer.concat([head, frame(OP.PING, Buffer.from('tick')), out]));
      return undefined;
    }
    if (has('half-echo-then-close') && out.length > 65536) return c.closing.hold(type, out);
    c.write(type, out, { rsv, fin: !has('fin-missing') || out.length === 0 });
    return undefined;
  }

  sendInPieces(type, out, rsv, size) {
    const c = this.connection;
    const later = this.has('fragments-repeat-opcode') ? type : OP.CONT;
    const rest = this.has('rsv1-each-fragment') ? rsv : 0;
    c.write(type, out.subarray(0, size), { fin: false, rsv });
    let at = size;
    for (; out.length - at > size; at += size) {
      c.write(later, out.subarray(at, at + size), { fin: false, rsv: rest });
    }
    c.write(later, out.subarray(at), { rsv: rest });
  }
}
