// Faults of the request line, of HTTP below the handshake, and of the 101: suite handshake.

const MISSING = {
  serve: { 'missing-path': ['/no-such-path'] },
  run: ['--set', 'policy.path.denied=["/no-such-path"]'],
};

// One backend of two is wrong: the first connection of a run is right, and shows that the target works.
const BACKEND = { serve: { spare: 1 } };

export const HANDSHAKE_FAULTS = {
  // The request line.
  'any-method': ['upgrades whatever the method', '6455-4.2.1-b'],
  'method-case': ['takes "get" for GET', '6455-4.2.1-b'],
  http10: ['upgrades HTTP/1.0', '6455-4.2.1-c'],
  'any-http-version': ['never looks at the HTTP version', '6455-4.2.1-c, 6455-4.2.1-d'],
  'no-absolute-target': ['404 for a target in absolute form', '6455-4.2.1-e'],
  'any-path': ['101 on paths that it does not serve', '6455-4.2.1-f', MISSING],
  'query-unknown': ['404 for a path with a query', '6455-4.2.1-g', { should: true }],
  'fragment-taken': ['takes a fragment for a part of the path', '6455-4.2.1-g', { should: true }],
  'loose-target': ['upgrades on any target: *, an authority, a raw space', '6455-4.2.1-h'],
  'long-target-crash': ['dies on a target above 8 KiB', '6455-4.2.1-i'],
  'escape-crash': ['dies on percent-escapes that are no UTF-8', '6455-4.2.1-s, 6455-4.2.1-aj'],

  // Lines and headers.
  'blank-lines-forever': ['skips empty lines without end', '6455-4.2.1-j', { should: true }],
  'lf-hangs': ['does not see a bare LF as the end of anything, and waits', '6455-4.2.1-k', { may: true }],
  'cr-ends-line': ['a bare CR ends a line', '6455-4.2.1-l'],
  'space-before-colon': ['trims names: "Upgrade : websocket"', '6455-4.2.1-m'],
  'fold-cut': ['drops folded lines: the value is cut', '6455-4.2.1-n'],
  'leading-space-taken': ['takes a first header line that begins with space', '6455-4.2.1-o'],
  'control-octets': ['takes NUL and its like in values', '6455-4.2.1-p', { should: true }],
  'any-header-name': ['takes any header name, and lines without a colon', '6455-4.2.1-q'],
  'ascii-only': ['400 for octets above 7f in a header it does not know', '6455-4.2.1-r'],
  'header-case': ['header names compared with their case', '6455-4.2.1-t'],
  'one-space': ['one space after the colon, no more and no less', '6455-4.2.1-u'],
  'handshake-in-one-read': ['400 unless the handshake comes in one read', '6455-4.2.1-v'],
  'long-head-crash': ['dies on a head above 12 KiB', '6455-4.2.1-w'],
  'quadratic-headers': ['is busy for seconds with 900 header lines', '6455-4.2.1-x'],
  'no-handshake-timeout': ['waits for ever for the rest of a handshake', '6455-4.2.1-z', { slow: true, should: true, run: ['--set', 'handshake.slow_ms=900'] }],
  'reset-crash': ['dies when a client resets its connection', '6455-4.2.1-aa'],
  'half-handshake-leak': ['never frees what ends in mid-handshake, and is full after three', '6455-4.2.1-aa', { should: true }],
  'body-is-frames': ['reads a body as frames', '6455-4.2.1-ab'],
  smuggling: ['takes Transfer-Encoding, and two Content-Lengths', '6455-4.2.1-ac'],
  'expect-ignored': ['looks neither at Expect nor at the content after it', '6455-4.2.1-ad'],
  'second-get-as-http': ['answers a request after the handshake', '6455-4.2.1-af'],
  'pipelined-lost': ['loses the octets after the handshake', '6455-4.2.1-ag'],
  'garbage-crash': ['dies on what is no HTTP', '6455-4.2.1-ah'],
  'garbage-hangs': ['waits for more of what is no HTTP', '6455-4.2.1-ah', { should: true }],

  // The form of a refusal.
  'refusal-without-status': ['a status line without its number', '6455-4.2.1-ai'],
  'refusal-unended': ['a refusal without the blank line', '6455-4.2.1-ai'],
  'refusal-wrong-length': ['a refusal that is shorter than it says', '6455-4.2.1-ai'],
  'refusal-keeps-tcp': ['keeps TCP open after a refusal that says close', '6455-4.2.1-ai', { should: true }],
  'frame-after-refusal': ['a Close frame after the refusal', '6455-4.2.1-ai'],
  'refused-by-close': ['101 to everybody, then Close 1008', '6455-4.2.1-ai, 6455-4.2.1-b'],

  // The form of the 101.
  'status-200': ['200 in place of 101', '6455-4.2.1-a', BACKEND],
  '101-no-upgrade': ['101 without Upgrade', '6455-4.2.2-rsp-a', BACKEND],
  '101-no-connection': ['101 without Connection', '6455-4.2.2-rsp-a', BACKEND],
  '101-connection-close': ['101 with Connection: close', '6455-4.2.2-rsp-a', BACKEND],
  '101-no-accept': ['101 without Accept', '6455-4.2.2-rsp-a', BACKEND],
  '101-two-accepts': ['two Accept headers', '6455-4.2.2-rsp-a', BACKEND],
  '101-content-length': ['Content-Length: 0 on the 101', '6455-4.2.2-rsp-b'],
  '101-chunked': ['Transfer-Encoding on the 101', '6455-4.2.2-rsp-b'],
  '101-then-body': ['a line of text after the 101', '6455-4.2.2-rsp-b'],
  '101-lf': ['lines of the 101 end with a bare LF', '6455-4.2.2-rsp-c'],
  'frame-before-101': ['a ping ahead of the 101', '6455-4.2.2-rsp-c', BACKEND],
  'first-frame-lost': ['begins to listen 50 ms after its 101', '6455-4.2.2-rsp-d', { once: true }],
  '101-reflects': ['puts the unescaped path and cookie into headers', '6455-4.2.2-rsp-e'],
};
