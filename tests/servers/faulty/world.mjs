// One listening port with its faults: what its connections have in common.

import net from 'node:net';

export class World {
  /** `onDeath` is what a crash does: end the process, or come back after a while (see revive). */
  constructor(faults, opts, onConnection, onDeath) {
    this.faults = faults;
    this.opts = opts;
    this.onDeath = onDeath;
    this.sockets = new Set();
    this.connections = new Set(); // those whose handshake is done
    this.refusals = 0;
    this.served = 0;
    this.lost = 0; // slots of connections that were reset and never given back
    this.resets = 0; // connections whose Close a reset may take away
    this.kept = Buffer.alloc(0); // what a shared inflater remembers
    this.stalledUntil = 0;
    this.server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      const left = this.stalledUntil - Date.now();
      if (left > 0) this.freeze(socket, left);
      onConnection(this, socket);
    });
  }

  freeze(socket, ms) {
    socket.pause();
    setTimeout(() => socket.destroyed || socket.resume(), ms);
  }

  /** No connection is served for a while, as if the loop were busy. Other ports of this process are. */
  stall(ms) {
    this.stalledUntil = Date.now() + ms;
    for (const socket of this.sockets) this.freeze(socket, ms);
  }

  die() {
    this.onDeath(this);
  }

  /** What a supervisor does: all connections are reset, none is accepted, then it listens again. */
  revive(ms) {
    if (!this.server.listening) return;
    const { port } = this.server.address();
    this.server.close();
    for (const socket of this.sockets) socket.resetAndDestroy();
    setTimeout(() => this.listen(port), ms);
  }

  listen(port) {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ host: '127.0.0.1', port, backlog: 4096 }, () => {
        this.server.off('error', reject);
        resolve(this.server.address().port);
      });
    });
  }
}
