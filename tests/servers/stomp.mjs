// STOMP 1.2: npm stomp-broker-js, on a version of npm ws of its own. What is sent to /ping.NAME comes
// to those that have subscribed to /pong.NAME. --echo is a plain echo server on that npm ws.

import { createRequire } from 'node:module';
import http from 'node:http';
import { options, serve } from './common.mjs';

const opts = options({ echo: { type: 'boolean' } });
const require = createRequire(import.meta.url);
const server = http.createServer((_, answer) => answer.writeHead(404).end());
if (opts.echo) {
  const { Server } = createRequire(require.resolve('stomp-broker-js'))('ws');
  const wss = new Server({ server, path: '/stomp', perMessageDeflate: false });
  wss.on('connection', (ws) => {
    ws.on('error', () => {});
    ws.on('message', (data) => ws.send(data));
  });
} else {
  const StompServer = require('stomp-broker-js');
  const broker = new StompServer({ server, path: '/stomp', heartbeat: [0, 0] });
  broker.on('error', () => {});
  broker.subscribe('/ping.*', (body, { destination }) =>
    broker.send(destination.replace('ping', 'pong'), {}, body));
}
serve(server, opts);
