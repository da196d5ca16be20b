// The head of an HTTP request, line by line as its octets come (RFC 9112), and what is wrong with it.

import { Gather } from './gather.mjs';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const [CR, LF] = [13, 10];
const LONGEST_TARGET = 16384;
const LONGEST_HEAD = 65536;
const MOST_LINES = 500;

export const isToken = (word) => TOKEN.test(word);
const bad = (why, status = 400, text = 'Bad Request') => ({ refuse: [status, text, {}, `${why}\n`] });

/** feed() gives null while the head is not whole, else { refuse } or { request, rest }. */
export class HeadReader {
  constructor(has, world) {
    this.has = has;
    this.world = world;
    this.gather = new Gather();
    this.lines = [];
    this.start = 0; // of the line that comes
    this.blanks = 0;
  }

  /** What has come of the request line, for faults that its query names. */
  get firstLine() {
    return this.lines[0] ?? this.gather.take().toString('latin1');
  }

  feed(chunk) {
    const from = this.gather.length;
    this.gather.extend(chunk.length);
    chunk.copy(this.gather.data, from);
    const data = this.gather.take();
    if (this.has('head-unbounded') && data.length > LONGEST_HEAD) {
      const end = data.indexOf('\r\n\r\n', Math.max(0, from - 3));
      return end < 0 ? null : this.parse(data.subarray(end + 4)); // the lines that came first will do
    }
    for (let at = from; at < data.length; at++) {
      const end = this.octet(data, at);
      if (end) return end;
    }
    if (this.has('handshake-in-one-read')) return bad('incomplete request');
    return null;
  }

  octet(data, at) {
    const bareCr = at > this.start && data[at - 1] === CR && data[at] !== LF;
    if (bareCr && this.has('cr-ends-line')) {
      const line = data.toString('latin1', this.start, at - 1);
      this.start = at;
      const end = this.line(line, data, at - 1);
      if (end) return end;
    }
    if (data[at] === LF) {
      const whole = at > this.start && data[at - 1] === CR;
      if (!whole && this.has('lf-hangs')) return null;
      if (!whole) return bad('bare LF');
      const line = data.toString('latin1', this.start, at - 1);
      this.start = at + 1;
      return this.line(line, data, at);
    }
    const first = this.lines.length === 0 && at === this.start;
    if (first && data[at] !== CR && !TOKEN.test(String.fromCharCode(data[at]))) {
      if (this.has('garbage-crash')) this.world.die();
      return this.has('garbage-hangs') ? null : bad('no request line');
    }
    return this.tooLong(at);
  }

  tooLong(at) {
    if (this.has('head-unbounded')) return null;
    const inLine = at - this.start;
    if (inLine > 8192 && this.lines.length === 0 && this.has('long-target-crash')) this.world.die();
    if (at > 12288 && this.lines.length > 0 && this.has('long-head-crash')) this.world.die();
    if (this.lines.length === 0 && inLine > LONGEST_TARGET) {
      return bad('target too long', 414, 'URI Too Long');
    }
    if (at > LONGEST_HEAD + LONGEST_TARGET) {
      return bad('header too large', 431, 'Request Header Fields Too Large');
    }
    return null;
  }

  line(line, data, at) {
    if (line === '') {
      if (this.lines.length > 0) return this.parse(data.subarray(at + 1));
      if (++this.blanks > 1 && !this.has('blank-lines-forever')) return bad('empty lines');
      return null;
    }
    const request = /^\S+ .+ HTTP\/\S+$/.test(line) || this.has('any-http-version');
    if (this.lines.length === 0 && !request) {
      if (this.has('garbage-crash')) this.world.die();
      return bad('no request line');
    }
    this.lines.push(line);
    if (this.lines.length > 900 && this.has('quadratic-headers')) this.world.stall(4000);
    if (this.lines.length > MOST_LINES && !this.has('quadratic-headers') && !this.has('head-unbounded')) {
      return bad('too many headers', 431, 'Request Header Fields Too Large');
    }
    return null;
  }

  parse(rest) {
    const request = new Request(this.has);
    const why = request.takeLine(this.lines[0]) ?? request.takeHeaders(this.lines.slice(1));
    return why ?? { request, rest };
  }
}

export class Request {
  constructor(has) {
    this.has = has;
    this.headers = []; // [name in lower case, trimmed value, value as it came]
  }

  takeLine(line) {
    const bare = this.has('any-http-version') && /^(\S+) (\S+)()/.exec(line);
    const match = /^(\S+) (.*) (HTTP\/\S*)$/.exec(line) ?? bare;
    if (!match || !isToken(match[1])) return bad('request line');
    [, this.method, this.target, this.version] = match;
    if (!/^HTTP\/\d\.\d$/.test(this.version) && !bare) return bad('HTTP version');
    return this.takeTarget();
  }

  takeTarget() {
    const absolute = /^(?:http|ws)s?:\/\/([^/?#]*)(.*)$/i.exec(this.target);
    if (absolute && this.has('no-absolute-target')) return bad('absolute target', 404, 'Not Found');
    let path = absolute ? absolute[2] : this.target;
    if (absolute && !path.startsWith('/')) path = `/${path}`;
    const loose = this.has('loose-target');
    if (!loose && !/^\/[\x21-\x7e]*$/.test(path)) return bad('target');
    if (path.includes('#') && !this.has('fragment-taken')) return bad('fragment');
    if (path.includes('?') && this.has('query-unknown')) return bad('no such path', 404, 'Not Found');
    try {
      decodeURIComponent(path);
    } catch {
      if (!this.has('escape-crash')) return bad('percent-escapes that are no UTF-8');
      this.die = true;
    }
    const at = path.indexOf('?');
    this.path = at < 0 ? path : path.slice(0, at);
    this.query = new URLSearchParams(at < 0 ? '' : path.slice(at + 1));
    return null;
  }

  takeHeaders(lines) {
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i];
      if (/^[ \t]/.test(line)) {
        if (i === 0 && this.has('leading-space-taken')) lines[i--] = line.trim();
        else if (i > 0 && this.has('fold-cut')) continue; // the value stays cut
        else return bad('folded header');
        continue;
      }
      const at = line.indexOf(':');
      let name = at < 0 ? line : line.slice(0, at);
      if (this.has('space-before-colon')) name = name.trimEnd();
      const raw = at < 0 ? '' : line.slice(at + 1);
      const any = this.has('any-header-name');
      if ((at < 0 || !isToken(name)) && !any) return bad('header name');
      const control = /[\0-\x08\x0a-\x1f\x7f]/.test(raw);
      if (control && !this.has('control-octets')) return bad('control octet');
      if (/[\x80-\xff]/.test(raw) && this.has('ascii-only')) return bad('octet above 7f');
      const value = this.has('one-space') ? raw.slice(1) : raw.replace(/^[ \t]+|[ \t]+$/g, '');
      if (!this.has('header-case')) name = name.toLowerCase();
      this.headers.push([name, value, raw.replace(/^ /, '')]);
    }
    return null;
  }

  lookFor(name) {
    if (!this.has('header-case')) return this.headers.filter(([n]) => n === name);
    const capitals = name.replace(/(^|-)[a-z]/g, (c) => c.toUpperCase());
    return this.headers.filter(([n]) => n === capitals.replace('Websocket', 'WebSocket'));
  }

  /** The values of all headers of this name. */
  all(name) {
    return this.lookFor(name).map(([, value]) => value);
  }

  raw(name) {
    return this.lookFor(name)[0]?.[2];
  }

  /** The members of a list, over all headers of this name, in lower case. */
  list(name) {
    return this.all(name).join(',').split(',').map((part) => part.trim().toLowerCase());
  }
}
