// socket.io 4, WebSocket transport alone: the event "say" is answered with the event "said".

import http from 'node:http';
import { Server } from 'socket.io';
import { options, serve } from './common.mjs';

const opts = options();
const server = http.createServer();
const io = new Server(server, {
  transports: ['websocket'],
  maxHttpBufferSize: 64 * 1024 * 1024,
  serveClient: false,
});
io.on('connection', (socket) => {
  socket.on('say', (text) => socket.emit('said', text));
});
serve(server, opts);
