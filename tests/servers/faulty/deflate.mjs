// permessage-deflate (RFC 7692): the negotiation, and both directions of its data.

import zlib from 'node:zlib';
import { isToken } from './http.mjs';

const WINDOW = 32768;
const BUFFER = 4096; // of zlib's output, where a fault cares
const TAIL = Buffer.from([0, 0, 255, 255]);

// --- negotiation ---

/** Sec-WebSocket-Extensions taken apart (RFC 6455 9.1): [{ name, params: [[key, value]] }] or null. */
export function offersOf(request, has, world) {
  let lines = request.all('sec-websocket-extensions');
  if (lines.length === 0) return [];
  if (has('ext-first-line')) lines = lines.slice(0, 1);
  const parser = new OfferParser(lines.join(', '), has);
  const offers = parser.parse();
  if (offers !== null && has('ext-many-crash')) {
    if (offers.length > 500 || offers.some((offer) => offer.params.length > 500)) world.die();
  }
  return offers ?? (has('ext-malformed-ignored') ? [] : null);
}

class OfferParser {
  constructor(text, has) {
    this.text = text;
    this.at = 0;
    this.has = has;
  }

  parse() {
    const offers = [];
    for (;;) {
      this.blank();
      while (this.take(',')) this.blank(); // empty members of a list
      if (this.at >= this.text.length) return offers.length > 0 ? offers : null;
      const offer = { name: this.token(), params: [] };
      if (offer.name === '') return null;
      this.blank();
      while (this.take(';')) {
        if (!this.parameter(offer)) return null;
        this.blank();
      }
      offers.push(offer);
      if (this.at < this.text.length && this.text[this.at] !== ',') return null;
    }
  }

  parameter(offer) {
    this.blank();
    const key = this.token();
    if (key === '') return false;
    this.blank();
    if (!this.take('=')) {
      offer.params.push([key, undefined]);
      return true;
    }
    this.blank();
    const quoted = this.text[this.at] === '"' && !this.has('ext-no-quotes');
    const value = quoted ? this.quoted() : this.token();
    if (value === null || value === '') return false; // 9.1: a token is not empty
    offer.params.push([key, value]);
    return true;
  }

  blank() {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\t') this.at++;
  }

  take(c) {
    if (this.text[this.at] !== c) return false;
    this.at++;
    return true;
  }

  token() {
    const from = this.at;
    while (this.at < this.text.length && isToken(this.text[this.at])) this.at++;
    return this.text.slice(from, this.at);
  }

  quoted() {
    let out = '';
    for (this.at++; this.at < this.text.length; this.at++) {
      let c = this.text[this.at];
      if (c === '"') {
        this.at++;
        return out;
      }
      if (c === '\\') c = this.text[++this.at] ?? '';
      out += c;
    }
    return null;
  }
}

/** { lines, parameters } for the 101: the first offer that can be kept to; or null, or { refuse }. */
export function negotiate(offers, has) {
  const lines = [];
  let parameters = null;
  if (has('ext-echoed') && offers.length > 0) {
    return { lines: [offers.map((o) => o.name).join(', ')], parameters };
  }
  const unknown = offers.filter((offer) => offer.name !== 'permessage-deflate');
  if (has('ext-unknown-400') && unknown.length > 0) return { refuse: [400, 'Bad Request'] };
  if (has('ext-unoffered') && offers.length === 0) return { lines: ['x-server-only'], parameters };
  if (has('pmd-unoffered') && !offers.some((o) => o.name === 'permessage-deflate')) {
    return { lines: ['permessage-deflate'], parameters: agree(new Map(), has).parameters };
  }
  let wanted = offers.filter((offer) => offer.name === 'permessage-deflate');
  if (has('pmd-first-only')) wanted = wanted.slice(0, 1);
  for (const offer of wanted) {
    const got = acceptable(offer, has);
    if (got === null) {
      if (has('pmd-declined-400')) return { refuse: [400, 'Bad Request', {}, 'permessage-deflate\n'] };
      continue;
    }
    const agreed = agree(got, has);
    parameters ??= agreed.parameters;
    lines.push(agreed.line);
    if (has('pmd-line-each')) continue;
    if (has('pmd-twice')) lines[0] += `, ${agreed.line}`;
    break;
  }
  if (has('ext-unknown-listed') && unknown.length > 0) lines.push(unknown[0].name);
  if (lines.length === 0) return null;
  return { lines: has('pmd-line-each') ? lines : [lines.join(', ')], parameters };
}

/** The parameters of an offer as a Map, or null if it must be declined (RFC 7692 7, 7.1). */
function acceptable({ params }, has) {
  const got = new Map();
  for (const [key, value] of params) {
    if (got.has(key) && !has('pmd-duplicates')) return null;
    const bits = value !== undefined && isBits(value, has);
    let fine;
    if (key === 'server_no_context_takeover') fine = value === undefined || has('pmd-takeover-values');
    else if (key === 'client_no_context_takeover') fine = value === undefined || has('pmd-takeover-values');
    else if (key === 'server_max_window_bits') {
      fine = bits && (Number(value) !== 8 || has('pmd-8-as-9'));
      if (value === undefined) fine = has('pmd-server-bits-bare');
    } else if (key === 'client_max_window_bits') fine = value === undefined || bits;
    else fine = has('pmd-unknown-parameters');
    if (!fine) return null;
    got.set(key, value);
  }
  return got;
}

function isBits(value, has) {
  if (has('pmd-bits-unchecked')) return true;
  if (has('pmd-bits-parsed')) return parseInt(value, 10) >= 8 && parseInt(value, 10) <= 15;
  return /^(8|9|1[0-5])$/.test(value);
}

function agree(got, has) {
  const words = ['permessage-deflate'];
  const clamp = (value) => Math.min(15, Math.max(9, parseInt(value, 10) || 15));
  let serverBits = got.has('server_max_window_bits') ? clamp(got.get('server_max_window_bits')) : 15;
  const asked = got.has('server_no_context_takeover');
  let serverTakeover = !asked;
  if (asked && !has('pmd-no-takeover-unsaid')) words.push('server_no_context_takeover');
  if (asked && (has('pmd-takeover-kept') || has('pmd-no-takeover-unsaid'))) serverTakeover = true;
  const clientTakeover = !got.has('client_no_context_takeover');
  if (!clientTakeover) words.push('client_no_context_takeover');
  if (got.has('server_max_window_bits')) {
    const said = has('pmd-larger-window') ? 15 : serverBits;
    if (!has('pmd-window-unsaid')) words.push(`server_max_window_bits=${said}`);
    if (has('pmd-larger-window') || has('pmd-window-exceeded')) serverBits = 15;
  }
  const hint = got.get('client_max_window_bits');
  const invited = got.has('client_max_window_bits');
  if (has('pmd-client-bits-uninvited') && !invited) words.push('client_max_window_bits=15');
  if (has('pmd-client-bits-larger') && hint !== undefined) words.push('client_max_window_bits=15');
  if (has('pmd-client-bits-7') && invited) words.push('client_max_window_bits=7');
  if (has('pmd-client-bits-bare') && invited) words.push('client_max_window_bits');
  if (has('pmd-parameter-invented')) words.push('x_level=9');
  if (has('pmd-parameter-twice')) words.push('server_no_context_takeover', 'server_no_context_takeover');
  return { line: words.join('; '), parameters: { serverBits, serverTakeover, clientTakeover } };
}

// --- data ---

const last = (a, b) => {
  const both = b.length >= WINDOW ? b : Buffer.concat([a, b]);
  return Buffer.from(both.subarray(Math.max(0, both.length - WINDOW)));
};

/** What one octet string inflates to after this window, and how much of it was used. */
function inflateRaw(octets, window, limit, bits = 15) {
  const { buffer, engine } = zlib.inflateRawSync(octets, {
    info: true,
    windowBits: bits,
    dictionary: window.length ? window : undefined,
    maxOutputLength: limit,
  });
  return { out: buffer, used: engine.bytesWritten };
}

/** Both directions of one connection, a message at a time. */
export class Deflate {
  constructor(parameters, has, world) {
    Object.assign(this, parameters);
    this.has = has;
    this.world = world;
    this.theirs = Buffer.alloc(0); // what the client's compressor may refer back to
    this.ours = Buffer.alloc(0);
    this.outOfStep = false; // a broken inflater is at no block border, and garbles what comes
  }

  /**
   * The message of these octets. zlib does not say whether a stream stopped inside a block, so a
   * last block of four octets is added after the tail: it must come out, and nothing may be left over.
   */
  inflate(data, limit) {
    if (this.finished) throw new Error('the stream has ended');
    let octets = data;
    if (this.has('inflate-wrapped') && octets[0] === 0x78) octets = octets.subarray(2, -4);
    if (this.has('inflate-wrapped') && octets[0] === 0x1f) octets = octets.subarray(10, -8);
    if (this.has('one-octet-empty-refused') && octets.length === 1) throw new Error('empty');
    const type = (octets[0] >> 1) & 3;
    if (this.has('stored-refused') && type === 0 && octets.length > 1) throw new Error('stored');
    if (this.has('dynamic-refused') && type === 2) throw new Error('dynamic');
    if (this.has('final-refused') && (octets[0] & 1) === 1) throw new Error('final');
    if (this.has('zero-octets-garble') && octets.length === 0) {
      this.outOfStep = true;
      return Buffer.alloc(0);
    }
    const tail = octets.length > 4 && octets.subarray(-4).equals(TAIL);
    if (tail && this.has('tail-garbles')) octets = octets.subarray(0, -4);
    if (this.has('shared-window')) this.theirs = this.world.kept;
    const out = this.blocks(octets, limit);
    this.remember(out);
    if (this.outOfStep) return Buffer.concat([out, Buffer.from('?')]);
    this.outOfStep = tail && this.has('tail-garbles');
    if (this.has('full-buffer-garbles') && out.length > 0) this.outOfStep = out.length % BUFFER === 0;
    return out;
  }

  blocks(octets, limit) {
    const marker = Buffer.from('mark');
    const end = Buffer.concat([TAIL, Buffer.from([1, 4, 0, 251, 255]), marker]);
    const whole = Buffer.concat([octets, end]);
    if (this.has('inflate-unfinished')) return this.unfinished(octets, limit);
    const parts = [];
    let window = this.theirs;
    let left = limit + marker.length;
    const bits = this.has('inflate-window-9') ? 9 : 15;
    if (bits === 9) window = window.subarray(-512);
    for (let at = 0; ; ) {
      const { out, used } = inflateRaw(whole.subarray(at), window, left, bits);
      at += used;
      if (at >= whole.length) {
        if (!out.subarray(-4).equals(marker)) throw new Error('stream cut inside a block');
        parts.push(out.subarray(0, -4));
        break;
      }
      parts.push(out);
      if (this.has('final-ends-all')) this.finished = true;
      if (at >= octets.length) break; // a final block, and nothing after it
      if (this.has('final-ends-message')) break;
      if (this.has('after-final-crash')) this.world.die();
      left -= out.length;
      window = last(window, out);
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  /** As most code on zlib does it: append the tail, flush, and take what comes. */
  unfinished(octets, limit) {
    return zlib.inflateRawSync(Buffer.concat([octets, TAIL]), {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      dictionary: this.theirs.length ? this.theirs : undefined,
      maxOutputLength: limit,
    });
  }

  remember(out) {
    if (this.has('window-forgotten')) return;
    if (this.clientTakeover || this.has('window-never-reset')) this.theirs = last(this.theirs, out);
    if (this.has('shared-window')) this.world.kept = this.theirs;
  }

  /** A plain message passed by; a broken inflater puts it into its window. */
  passed(out) {
    if (this.has('plain-into-window')) this.theirs = last(this.theirs, out);
  }

  deflate(data) {
    const stream = zlib.deflateRawSync(data, {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      windowBits: this.serverBits,
      dictionary: this.serverTakeover && this.ours.length ? this.ours : undefined,
    });
    this.ours = this.has('ours-stale') && this.ours.length ? this.ours : last(this.ours, data);
    if (this.has('tail-left-on')) return stream;
    // The last buffer holds a part of the tail, and only that part is taken off.
    const over = stream.length % BUFFER;
    if (this.has('tail-across-buffers') && over > 0 && over < 4) return stream.subarray(0, -over);
    if (this.has('tail-cut-short')) return stream.subarray(0, -5);
    if (this.has('zlib-wrapped-answers')) return zlib.deflateSync(data);
    return stream.length > 4 ? stream.subarray(0, -4) : Buffer.from([0]);
  }
}
