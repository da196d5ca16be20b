// An echo server that is right until it is told to be wrong. Raw node:net, no WebSocket library and
// no line of the driver's codec. What it does right and wrong stands in faulty/, by concept:
//
//   http.mjs  handshake.mjs  greet.mjs       the opening handshake
//   frames.mjs  messages.mjs  control.mjs    framing, fragmentation and text, pings
//   close.mjs  deflate.mjs                   closing, permessage-deflate
//   faults*.mjs                              the table of faults
//
//   node faulty.mjs --fault NAME [--fault NAME ...]      faults of every connection
//   ws://host/?fault=a,b                                 in their place, for this connection
//   node faulty.mjs --each FILE                          besides, a port for each fault of the table:
//                                                        FILE gets {NAME: PORT}. A crash is undone
//                                                        after a while, as a supervisor would
//   node faulty.mjs --list-faults                        the table as JSON

import fs from 'node:fs';
import { options } from './common.mjs';
import { FAULTS, known, settings } from './faulty/faults.mjs';
import { greet } from './faulty/greet.mjs';
import { World } from './faulty/world.mjs';

const opts = options({
  fault: { type: 'string', multiple: true, default: [] },
  each: { type: 'string' },
  'list-faults': { type: 'boolean' },
  'max-payload': { number: 64 * 1024 * 1024 },
  'close-timeout-ms': { number: 1000 },
  spare: { number: 0 },
  'handshake-timeout-ms': { number: 10000 },
  subprotocol: { type: 'string', multiple: true, default: ['chat', 'superchat'] },
  'missing-path': { type: 'string', multiple: true, default: [] },
  'refuse-host': { type: 'string', multiple: true, default: [] },
  'allow-origin': { type: 'string', multiple: true, default: [] },
});

const REVIVE_MS = 1500; // above the second in which a live server answers a fresh handshake

if (opts['list-faults']) {
  process.stdout.write(`${JSON.stringify(FAULTS, null, 1)}\n`);
  process.exit(0);
}
const stranger = opts.fault.find((name) => !known(name));
if (stranger !== undefined) {
  process.stderr.write(`unknown fault ${stranger}\n`);
  process.exit(2);
}

const stop = () => process.exit(0);
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
if (opts['stdin-guard']) {
  process.stdin.on('end', stop).on('error', stop).on('close', stop).resume();
}

async function listen() {
  const ports = {};
  if (opts.each !== undefined) {
    for (const name of Object.keys(FAULTS)) {
      const { also, serve } = settings(name);
      const faults = new Set([name, ...also]);
      const world = new World(faults, { ...opts, ...serve }, greet, (w) => w.revive(REVIVE_MS));
      ports[name] = await world.listen(0);
    }
    fs.writeFileSync(opts.each, JSON.stringify(ports));
  }
  const main = new World(new Set(opts.fault), opts, greet, () => process.exit(1));
  process.stdout.write(`listening ${await main.listen(opts.port)}\n`);
}

listen().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
