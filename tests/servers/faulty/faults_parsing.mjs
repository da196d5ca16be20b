// Faults of what reads a request after its first line: suite request-parsing.

const PARSER = '6455-4.2.1-aj';
const dies = (what) => [`dies of ${what}`, PARSER, { once: true }];
const fails = (what) => [`answers 500 to ${what}`, PARSER, { once: true, should: true }];

export const PARSING_FAULTS = {
  'url-crash': dies('a target that is no URL'),
  'query-names-500': fails('a query that names __proto__'),
  'cookie-escape-crash': dies('a cookie whose escape is cut'),
  'cookie-without-value-crash': dies('a cookie without "="'),
  'cookie-long-500': fails('a cookie above 4 KiB'),
  'cookie-controls-500': fails('escaped control octets in a cookie'),
  'cookie-quote-hangs': ['never answers a cookie with an open quote', PARSER, { once: true }],
  'cookie-names-crash': dies('a cookie named __proto__'),
  'origin-crash': dies('an Origin that is no URL'),
  'origin-long-500': fails('an Origin of 4 KiB'),
  'sub-blank-crash': dies('an empty item among subprotocols'),
  'sub-twice-500': fails('a subprotocol that is offered twice'),
  'sub-blanks-stall': ['is busy for seconds with blanks among subprotocols', PARSER, { once: true }],
  'ext-quote-hangs': ['never answers an extension with an open quote', PARSER, { once: true }],
  'ext-backslashes-stall': ['is busy for seconds with backslashes in an extension', PARSER, { once: true }],
  'ext-names-500': fails('an extension named __proto__'),
  'forwarded-quote-crash': dies('an open quote in Forwarded'),
  'forwarded-for-500': fails('an address in X-Forwarded-For that is none'),
  'forwarded-port-crash': dies('a port in X-Forwarded-Port that is no number'),

  'length-refused': ['400 for Content-Length: 0', '6455-4.2.1-ak', { once: true }],
  'headers-32': ['431 above 32 headers', '6455-4.2.1-ak', { once: true }],
  'headers-listed': ['400 for headers that it does not know', '6455-4.2.1-ak', { once: true }],
  'fetch-checked': ['403 for what browsers say of a fetch', '6455-4.2.1-ak', { once: true }],
  'get-then-refused': ['400 for a handshake after another request', '6455-4.2.1-ak', { once: true }],
  'get-then-hangs': ['no answer to a handshake after another request', '6455-4.2.1-ak', { once: true }],
  'keeps-alive': ['goes on with HTTP after a GET (legal)', '', { legal: true, pick: ['request-parsing'] }],
  'http-goes-on': ['goes on with HTTP after a refused upgrade', '6455-4.2.1-al', { should: true }],
  'head-unbounded': ['has no limit for a head', '6455-4.2.1-am'],
};
