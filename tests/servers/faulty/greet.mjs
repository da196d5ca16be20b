// From a new TCP connection to an open WebSocket one, or to a refusal.

import { Connection } from './connection.mjs';
import { offersOf, negotiate } from './deflate.mjs';
import { known } from './faults.mjs';
import { answer, refusal, subprotocol, switching } from './handshake.mjs';
import { frame, closeBody, OP } from '../common.mjs';
import { HeadReader } from './http.mjs';
import { parsed } from './parsers.mjs';

export function greet(world, socket) {
  new Greeting(world, socket).begin();
}

class Greeting {
  constructor(world, socket) {
    this.world = world;
    this.socket = socket;
    this.faults = world.served++ < world.opts.spare ? new Set() : world.faults;
    this.has = (name) => this.faults.has(name);
    this.reader = new HeadReader(this.has, world);
    this.answers = 0; // refusals on this connection
  }

  begin() {
    const { socket, world } = this;
    this.onData = (chunk) => this.read(chunk);
    this.onEnd = () => {
      if (this.has('half-handshake-leak')) world.lost++;
      socket.end();
    };
    socket.on('data', this.onData);
    socket.on('end', this.onEnd);
    socket.on('error', () => {
      if (this.has('reset-crash')) world.die();
      socket.destroy();
    });
    this.timer = setTimeout(() => socket.destroy(), world.opts['handshake-timeout-ms']);
    if (this.has('no-handshake-timeout')) clearTimeout(this.timer);
    socket.on('close', () => clearTimeout(this.timer));
    if (this.has('frame-before-101')) socket.write(frame(OP.PING, Buffer.alloc(0)));
  }

  read(chunk) {
    const end = this.reader.feed(chunk);
    const named = /[?&]fault=([a-z0-9,-]+)/.exec(this.reader.firstLine);
    if (named) this.faults = new Set(named[1].split(',').filter(Boolean));
    if (end === null) return;
    this.socket.off('data', this.onData);
    this.socket.off('end', this.onEnd);
    clearTimeout(this.timer);
    if (end.refuse) this.refuse(end.refuse);
    else this.judge(end.request, end.rest);
  }

  judge(request, rest) {
    const { has, world } = this;
    const stranger = [...this.faults].find((name) => !known(name));
    if (stranger !== undefined) return this.refuse([400, 'Bad Request', {}, 'unknown fault\n']);
    if (request.die) world.die();
    if (world.lost > 2 && (has('slots-leak') || has('half-handshake-leak'))) return this.refuse([503, 'Service Unavailable']);
    if (world.lost > 60) {
      if (has('slots-leak-drop')) return this.socket.destroy();
      if (has('slots-leak-silent')) return undefined;
      return this.refuse([503, 'Service Unavailable']);
    }
    let refused = parsed(request, has, world) ?? this.refusedHere(request) ?? refusal(request, has, world);
    const name = refused ? null : subprotocol(request, has, world);
    refused ??= name?.refuse;
    const offers = has('no-deflate') ? [] : offersOf(request, has, world);
    if (offers === null) refused ??= [400, 'Bad Request', {}, 'extensions\n'];
    const deflate = refused ? null : negotiate(offers, has);
    refused ??= deflate?.refuse;
    if (refused) return this.refuse(refused, request, rest);
    const more = [];
    if (name !== null) more.push(['Sec-WebSocket-Protocol', name]);
    if (name && has('sub-two-headers')) more.push(['Sec-WebSocket-Protocol', name]);
    for (const line of deflate?.lines ?? []) more.push(['Sec-WebSocket-Extensions', line]);
    return this.open(request, rest, more, deflate?.parameters ?? null);
  }

  open(request, rest, more, deflate) {
    const { has, socket, world } = this;
    if (request.continues) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write(switching(request, has, more));
    if (has('101-then-body')) socket.write('Welcome!\n');
    if (has('second-get-as-http') && /^[A-Z]+ \//.test(rest.toString('latin1'))) {
      socket.end(answer(404, 'Not Found'));
      return;
    }
    const start = (octets) => {
      const connection = new Connection(world, socket, this.faults, deflate);
      if (octets.length > 0) connection.read(octets);
    };
    if (has('first-frame-lost')) {
      // The handler comes a moment late, and what came before it is lost.
      const lose = () => {};
      socket.on('data', lose);
      setTimeout(() => {
        socket.off('data', lose);
        start(Buffer.alloc(0));
      }, 50);
      return;
    }
    start(has('pipelined-lost') ? Buffer.alloc(0) : rest);
  }

  /** A connection that was kept alive: what a fault does with its second request. */
  refusedHere(request) {
    const { has } = this;
    if (this.answers === 0) return null;
    if (has('get-then-refused')) return [400, 'Bad Request'];
    if (has('get-then-hangs')) return ['hang'];
    return null;
  }

  /** Whether HTTP goes on after this refusal. RFC 9112 9.3 has it so; what asked for an upgrade is another matter. */
  goesOn(request) {
    const { has } = this;
    if (!request || request.version !== 'HTTP/1.1' || request.list('connection').includes('close')) return false;
    const asks = request.all('upgrade').length > 0;
    return has('http-goes-on') || (!asks && ['keeps-alive', 'get-then-refused', 'get-then-hangs'].some(has));
  }

  /** The refusal, and then the next request, whose octets may be here already. */
  goOn(page, rest) {
    const { socket } = this;
    this.answers++;
    socket.write(page.replace('Connection: close\r\n', ''));
    this.reader = new HeadReader(this.has, this.world);
    socket.on('data', this.onData);
    socket.on('end', this.onEnd);
    if (rest.length > 0) this.read(rest);
  }

  refuse(refused, request, rest) {
    const { has, socket } = this;
    socket.resume();
    if (refused[0] === 'hang') return;
    let page = answer(refused[0], refused[1], refused[2], refused[3], request?.method !== 'HEAD');
    if (has('refusal-without-status')) page = page.replace(/^HTTP\/1.1 \d+ /, 'HTTP/1.1 ');
    if (has('refusal-wrong-length')) page = page.replace(/Content-Length: \d+/, 'Content-Length: 1000');
    if (has('refusal-unended')) page = page.replace(/\r\n\r\n[^]*$/, '\r\n');
    if (this.goesOn(request)) {
      this.goOn(page, rest);
      return;
    }
    if (has('refused-by-close')) {
      // Too late to refuse: the server says 101 and closes.
      socket.write(switching(request ?? { all: () => [], raw: () => '', target: '' }, has, []));
      socket.end(frame(OP.CLOSE, closeBody(1008, 'refused')));
    } else {
      socket.write(page);
      if (has('frame-after-refusal')) socket.write(frame(OP.CLOSE, closeBody(1002, 'refused')));
      if (has('refusal-keeps-tcp')) return;
      socket.end();
    }
    setTimeout(() => socket.destroy(), 1000).unref();
  }
}
