// GraphQL over WebSocket: npm graphql-ws (subprotocol graphql-transport-ws) on npm ws. The codes
// 4400, 4401, 4403, 4408, 4409 and 4429 are that protocol's own.

import http from 'node:http';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { options, serve } from './common.mjs';

const opts = options({
  'init-wait-ms': { number: 3000 }, // without connection_init until then: 4408
  token: { type: 'string' }, // connection_init's payload.token must be it, else 4403
  'skip-utf8-validation': { type: 'boolean' },
});

const schema = buildSchema(`
  type Query { hello: String!, echo(text: String!): String! }
  type Subscription { tick(every_ms: Int!): Int! }
`);

const roots = {
  query: { hello: 'Hello!', echo: ({ text }) => text },
  subscription: {
    async *tick({ every_ms: pause }) {
      for (let n = 0; ; n++) {
        await new Promise((done) => setTimeout(done, pause));
        yield { tick: n };
      }
    },
  },
};

const server = http.createServer((_, answer) => answer.writeHead(426).end());
const wss = new WebSocketServer({
  server,
  handleProtocols: (offered) => offered.has('graphql-transport-ws') && 'graphql-transport-ws',
  maxPayload: 64 * 1024 * 1024,
  maxFragments: 0,
  maxBufferedChunks: 0,
  perMessageDeflate: false,
  skipUTF8Validation: opts['skip-utf8-validation'] === true,
});
wss.on('connection', (ws) => ws.on('error', () => {}));
wss.on('error', () => {});

useServer({
  schema,
  roots,
  connectionInitWaitTimeout: opts['init-wait-ms'],
  onConnect: ({ connectionParams }) =>
    opts.token === undefined || connectionParams?.token === opts.token,
}, wss);

serve(server, opts);
