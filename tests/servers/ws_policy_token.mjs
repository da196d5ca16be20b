// The token of ws_policy.mjs: ?token=..., "Authorization: Bearer ..." or a cookie. One and only one
// of them, equal octet by octet; --token-check names the careless comparisons.

export const TOKEN = {
  token: { type: 'string' }, // a connection needs this one
  'token-ttl-ms': { number: 0 }, // its life, from the opening handshake on
  // --- wrong
  'token-check': { type: 'string', default: 'exact' },
  'token-late-ms': { number: 0 }, // checked so long after the 101, what comes until then is answered
  'token-ttl-check': { type: 'string', default: 'timer' }, // message: only then; idle: renewed by each
};

/** Every token that the request brings, query parameters first. */
function tokensOf(request) {
  const all = new URL(request.url, 'http://localhost').searchParams.getAll('token');
  const { rawHeaders } = request;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i].toLowerCase();
    const value = rawHeaders[i + 1];
    if (name === 'authorization') all.push(/^bearer +(.*)$/i.exec(value)?.[1] ?? '');
    if (name !== 'cookie') continue;
    for (const pair of value.split('; ')) {
      if (pair.startsWith('token=')) all.push(pair.slice('token='.length));
    }
  }
  return all;
}

/** The first one, or null. */
export const tokenOf = (request) => tokensOf(request)[0] ?? null;

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const CHECKS = {
  exact: (given, valid) => given.length === 1 && given[0] === valid,
  none: () => true,
  first: (given, valid) => given[0] === valid,
  last: (given, valid) => given.at(-1) === valid,
  'given-begins-with': ([given], valid) => given?.startsWith(valid) ?? false,
  'begins-with-given': ([given], valid) => Boolean(given) && valid.startsWith(given),
  case: ([given], valid) => given?.toLowerCase() === valid.toLowerCase(),
  trim: ([given], valid) => given?.trim() === valid,
  decode: ([given], valid) => decoded(given ?? '') === valid,
  falsy: ([given], valid) => !given || given === valid, // an empty one is never compared
};

export const tokenAccepted = (request, opts) =>
  CHECKS[opts['token-check']](tokensOf(request), opts.token);
