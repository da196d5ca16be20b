// What the faults of faulty.mjs do to text: what they refuse, what they change, and the reasons of
// their Close.

import { wellFormed } from './utf8.mjs';

export const ESCAPES = '\x1b[2J\x1b[31mred\r\n0 failed\x07\u009b1m';
export const STACK = 'Error: invalid UTF-8\n    at Receiver.getData (/srv/app/node_modules/x/receiver.js:609:17)';

export const REFUSED_CHARACTERS = {
  'reject-all': /^/,
  'reject-non-ascii': /[^\0-\x7f]/,
  'reject-nul': /\0/,
  'reject-controls': /[\0-\x08\x0b-\x1f\x7f-\x9f]/,
  'reject-fffd': /\ufffd/,
  'reject-nonchar': /[\ufdd0-\ufdef]|[\ufffe\uffff]|\p{Noncharacter_Code_Point}/u,
  'reject-astral': /[\u{10000}-\u{10ffff}]/u,
  'reject-bom': /\ufeff/,
  // UTF-16/32 without BOM, UTF-7, ISO-2022, HZ, magic numbers, protobuf, CBOR, HTTP/2, base64
  sniff: new RegExp(
    [/\0[^\0]/, /\+[A-Za-z0-9+/]+-/, /\x1b[$(]/, /~\{/, /^\x7fELF/, /^\0asm/, /^\x0a\x05/, /^eHello$/,
      /^PRI \* HTTP/, /^[A-Za-z0-9+/]{32,}=*$/, /\x04/].map((r) => r.source).join('|'),
  ),
};

export const CHANGES = {
  'strip-bom': (s) => s.replace(/^\ufeff/, ''),
  'strip-feff': (s) => s.replaceAll('\ufeff', ''),
  'stop-at-nul': (s) => s.split('\0', 1)[0],
  'normalise-nfc': (s) => s.normalize('NFC'),
  'strip-invisible': (s) => s.replace(/[\x80-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, ''),
  'crlf-to-lf': (s) => s.replaceAll('\r\n', '\n'),
  'fix-double-encoding': (s) => {
    if (!/^[\0-\xff]*$/.test(s)) return s;
    const once = Buffer.from(s, 'latin1');
    return wellFormed(once) ? once.toString() : s;
  },
};

export const decode = (data) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(data);
