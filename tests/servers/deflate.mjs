// permessage-deflate (RFC 7692) for faulty.mjs: the negotiation, and one message inflated.

import zlib from 'node:zlib';

export const WINDOW = 32768;

/** The answer to an offer of permessage-deflate (RFC 7692 7.1), or null. */
export function negotiate(offers) {
  for (const offer of (offers ?? '').split(',')) {
    const [name, ...params] = offer.split(';').map((part) => part.trim());
    if (name !== 'permessage-deflate') continue;
    const got = new Map();
    let fine = true;
    for (const param of params) {
      const [key, value] = param.split('=').map((part) => part.trim().replace(/^"(.*)"$/, '$1'));
      const bits = value !== undefined && /^(8|9|1[0-5])$/.test(value);
      if (got.has(key)) fine = false;
      else if (/^(server|client)_no_context_takeover$/.test(key)) fine &&= value === undefined;
      else if (key === 'server_max_window_bits') fine &&= bits && value !== '8'; // zlib has no 8
      else if (key === 'client_max_window_bits') fine &&= value === undefined || bits;
      else fine = false;
      got.set(key, value);
    }
    if (!fine) continue;
    const serverBits = Number(got.get('server_max_window_bits') ?? 15);
    const clientNoTakeover = got.has('client_no_context_takeover');
    const header = ['permessage-deflate', 'server_no_context_takeover'];
    if (clientNoTakeover) header.push('client_no_context_takeover');
    if (got.has('server_max_window_bits')) header.push(`server_max_window_bits=${serverBits}`);
    return { header: header.join('; '), serverBits, clientNoTakeover };
  }
  return null;
}

/** What these octets inflate to; they may refer back to the window. Throws as zlib does. */
export function inflate(data, window, limit) {
  return zlib.inflateRawSync(Buffer.concat([data, Buffer.from([0, 0, 255, 255])]), {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
    dictionary: window.length ? window : undefined,
    maxOutputLength: limit,
  });
}
