// A third-party client for the tests of our own servers: npm ws. Sends the messages, waits for as
// many answers and a pong, then closes; prints what it saw as one line of JSON.
//
//   node ws_client.mjs URL [--text S ...] [--binary HEX ...] [--deflate] [--no-close]

import { parseArgs } from 'node:util';
import WebSocket from 'ws';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    text: { type: 'string', multiple: true, default: [] },
    binary: { type: 'string', multiple: true, default: [] },
    deflate: { type: 'boolean', default: false },
    'no-close': { type: 'boolean', default: false },
  },
});

const seen = { messages: [], pong: null, code: null, reason: null, error: null, extensions: '' };
const due = values.text.length + values.binary.length;
const ws = new WebSocket(positionals[0], { perMessageDeflate: values.deflate && { threshold: 0 } });

function finishWhenAnswered() {
  const answered = seen.messages.length >= due && seen.pong !== null;
  if (answered && !values['no-close']) ws.close(1000, 'bye');
}

ws.on('open', () => {
  seen.extensions = ws.extensions;
  for (const text of values.text) ws.send(text);
  for (const hex of values.binary) ws.send(Buffer.from(hex, 'hex'));
  ws.ping('are you there');
});
ws.on('message', (data, isBinary) => {
  seen.messages.push(isBinary ? { binary: data.toString('hex') } : { text: data.toString() });
  finishWhenAnswered();
});
ws.on('pong', (data) => {
  seen.pong = data.toString();
  finishWhenAnswered();
});
ws.on('error', (error) => {
  seen.error = error.message;
});
ws.on('close', (code, reason) => {
  seen.code = code;
  seen.reason = reason.toString();
  process.stdout.write(`${JSON.stringify(seen)}\n`);
});
