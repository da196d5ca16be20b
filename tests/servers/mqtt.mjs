// MQTT 3.1.1 over WebSocket: npm aedes on npm ws, under the subprotocol "mqtt". MQTT's packets
// travel in binary messages (MQTT 3.1.1 6.0), whose borders mean nothing: a text message is closed
// with 1003.

import { Aedes } from 'aedes';
import { WebSocketServer, createWebSocketStream } from 'ws';
import { httpServer, options, serve } from './common.mjs';

const opts = options();
const broker = await Aedes.createBroker();
const server = httpServer(opts);
const wss = new WebSocketServer({
  server,
  handleProtocols: (offered) => offered.has('mqtt') && 'mqtt',
  maxPayload: 64 * 1024 * 1024,
});
wss.on('connection', (ws, request) => {
  ws.on('error', () => {});
  ws.prependListener('message', (_, isBinary) => {
    if (!isBinary) ws.close(1003, 'MQTT is binary');
  });
  const stream = createWebSocketStream(ws);
  stream.on('error', () => {});
  broker.handle(stream, request);
});
wss.on('error', () => {});
serve(server, opts);
