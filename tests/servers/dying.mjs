// Echo server on npm ws that goes down at one thing a client does: how, the options say.

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { WebSocketServer } from 'ws';
import { options, place } from './common.mjs';

const opts = options({
  'exit-at': { type: 'string' }, // a message: exit status 7
  'exit-after-close-at': { type: 'string' }, // after its Close, which is right
  'segfault-at': { type: 'string' },
  'spin-at': { type: 'string' }, // an endless loop
  'throw-at-host': { type: 'string' }, // a Host header: uncaught
  'exit-with': { number: 0 }, // members at once
  'ignore-term': { type: 'boolean' },
  'never-listen': { type: 'boolean' },
  'child-pid': { type: 'string' }, // starts a process that ignores TERM, and writes its number there
  'print-at': { type: 'string' }, // a message: 1 GiB
  'print-header': { type: 'string' },
});

const complain = (text) => fs.writeSync(2, `${text}\n`);

if (opts['ignore-term']) process.on('SIGTERM', () => complain('TERM is ignored'));
else process.on('SIGTERM', () => process.exit(0));
if (opts['child-pid'] !== undefined) {
  const child = spawn('/bin/sh', ['-c', 'trap "" TERM; while :; do sleep 1; done'], { stdio: 'inherit' });
  fs.writeFileSync(opts['child-pid'], `${child.pid}\n`);
}

const server = http.createServer((_, response) => response.writeHead(426).end());
const wss = new WebSocketServer({ noServer: true });
let members = 0;

server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => {});
  if (opts['print-header'] !== undefined) complain(`token ${request.headers[opts['print-header']]}`);
  if (request.headers.host === opts['throw-at-host']) throw new Error(`no such host: ${request.headers.host}`);
  wss.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws));
});

function die(text) {
  complain(`cannot handle ${JSON.stringify(text)}`);
  process.exit(7);
}

wss.on('connection', (ws) => {
  ws.on('error', () => {});
  ws.on('close', () => members -= ws.member ? 1 : 0);
  ws.on('message', (data, isBinary) => {
    const text = data.toString();
    if (text === opts['print-at'])
      spawnSync('/bin/sh', ['-c', 'yes all work and no play | head -c 1073741824'], { stdio: 'inherit' });
    if (text === opts['exit-at']) die(text);
    if (text === opts['segfault-at']) process.kill(process.pid, 'SIGSEGV');
    if (text === opts['spin-at']) for (;;);
    if (text === 'member') {
      ws.member = true;
      if (++members === opts['exit-with']) die(text);
    }
    if (text === opts['exit-after-close-at']) {
      ws.on('close', () => die(text));
      ws.close(1008, 'not that');
      return;
    }
    ws.send(data, { binary: isBinary });
  });
});

if (!opts['never-listen']) {
  server.listen(place(opts), () => process.stdout.write(`listening ${server.address().port}\n`));
} else {
  complain('waiting for a database that is not there');
  setInterval(() => {}, 1000);
}
