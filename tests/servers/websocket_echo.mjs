// Echo server on npm websocket (WebSocket-Node).

import websocket from 'websocket';
import { TLS, httpServer, options, serve } from './common.mjs';

const opts = options({ ...TLS });
const server = httpServer(opts);
const most = 64 * 1024 * 1024;
const wss = new websocket.server({
  httpServer: server,
  maxReceivedFrameSize: most,
  maxReceivedMessageSize: most,
  autoAcceptConnections: false,
});

wss.on('request', (request) => {
  const connection = request.accept(null, request.origin);
  connection.on('error', () => {});
  connection.on('message', (message) => {
    if (message.type === 'utf8') connection.sendUTF(message.utf8Data);
    else connection.sendBytes(message.binaryData);
  });
});

serve(server, opts);
