// Faults of permessage-deflate: suites deflate-negotiation, deflate-data.

// One backend of two is wrong: the first connection of a run is right, and shows that the target works.
const BACKEND = { serve: { spare: 1 } };

export const DEFLATE_FAULTS = {
  // Negotiation.
  'pmd-unoffered': ['answers permessage-deflate that was not offered', '7692-5-b', BACKEND],
  'pmd-declined-400': ['400 for an offer that it must decline', '7692-5-c'],
  'pmd-first-only': ['looks at the first offer only', '7692-5-d', { should: true }],
  'pmd-twice': ['names permessage-deflate twice', '7692-5-e'],
  'pmd-unknown-parameters': ['takes parameters it does not know', '7692-7-a'],
  'pmd-duplicates': ['takes a parameter twice', '7692-7-b'],
  'pmd-8-as-9': ['takes a window of 8 bits and answers 9', '7692-7.1.2.1-a, 7692-7-c'],
  'pmd-no-takeover-unsaid': ['takes server_no_context_takeover and does not say it', '7692-7.1.1.1-a'],
  'pmd-takeover-kept': ['agrees to server_no_context_takeover and keeps its context', '7692-7.1.1.1-a'],
  'pmd-takeover-values': ['takes values of the takeover parameters', '7692-7.1.1.1-b, 7692-7.1.1.2-b'],
  'pmd-larger-window': ['answers 15 to a smaller server_max_window_bits', '7692-7.1.2.1-a'],
  'pmd-window-unsaid': ['takes server_max_window_bits and does not say it', '7692-7.1.2.1-a'],
  'pmd-window-exceeded': ['refers back beyond the window it agreed to', '7692-7.1.2.1-a'],
  'pmd-server-bits-bare': ['takes server_max_window_bits without a value', '7692-7.1.2.1-b'],
  'pmd-bits-unchecked': ['takes any window', '7692-7.1.2.1-b, 7692-7.1.2.2-c'],
  'pmd-bits-parsed': ['takes 09, 9.0 and 9x for 9', '7692-7.1.2.1-b'],
  'pmd-client-bits-larger': ['answers 15 to a smaller client_max_window_bits', '7692-7.1.2.2-b'],
  'pmd-client-bits-7': ['answers client_max_window_bits=7', '7692-7.1.2.2-a'],
  'pmd-client-bits-bare': ['answers client_max_window_bits without a value', '7692-7.1.2.2-a'],
  'pmd-client-bits-uninvited': ['answers client_max_window_bits that was not offered', '7692-7.1.2.2-d'],
  'pmd-parameter-invented': ['answers a parameter that does not exist', '7692-5-a, 7692-7.1.1.1-a'],
  'pmd-parameter-twice': ['answers a parameter twice', '7692-5-a, 7692-7.1.1.1-a'],

  // RSV1.
  'rsv1-continuation': ['takes RSV1 on continuations', '7692-6-a'],
  'rsv1-control': ['takes RSV1 on control frames', '7692-6-b'],
  'rsv23-with-deflate': ['takes RSV2 and RSV3 once compression is on', '7692-6-c'],
  'rsv1-undeclared': ['takes RSV1 without compression', '7692-6-d'],
  'compressed-by-last': ['looks for RSV1 in the last frame', '7692-6-g'],
  'inflates-each-frame': ['inflates each frame for itself', '7692-6-g'],
  'control-inflated': ['inflates pings', '7692-6-h'],

  // What is inflated.
  'plain-into-window': ['puts plain messages into its window', '7692-6-f'],
  'window-forgotten': ['keeps no window between messages', '7692-7.2-b, 7692-7.2-j'],
  'inflate-window-9': ['inflates with a window of 512 octets', '7692-7.2-j'],
  'stored-refused': ['knows no stored blocks', '7692-7.2-c'],
  'dynamic-refused': ['knows no dynamic Huffman blocks', '7692-7.2-i'],
  'final-refused': ['knows no final blocks', '7692-7.2-d'],
  'final-ends-all': ['inflates nothing after a final block', '7692-7.2-d'],
  'one-octet-empty-refused': ['refuses the empty message 00', '7692-7.2-f'],
  'zero-octets-garble': ['a compressed message of no octets garbles the next', '7692-7.2-g'],
  'tail-garbles': ['a tail left on by the sender garbles the next message', '7692-7.2-h'],
  'window-never-reset': ['keeps the window without takeover, across connections', '7692-7.2-b', { also: ['shared-window'] }],
  'shared-window': ['one window for all connections', '7692-7.2-b'],
  'inflate-unfinished': ['takes a stream that stops inside a block', '7692-7.2-n'],
  'corrupt-deflate-crash': ['dies of corrupt data', '7692-7.2-m'],
  'corrupt-deflate-swallowed': ['throws corrupt messages away', '7692-7.2-m, 7692-7.2-n'],
  'corrupt-deflate-as-is': ['echoes corrupt data as it came', '7692-7.2-m'],
  'corrupt-deflate-1000': ['1000 for corrupt data', '7692-7.2-m'],
  'inflate-wrapped': ['takes zlib and gzip wrappers', '7692-7.2-o'],
  'after-final-crash': ['dies of octets after a final block', '7692-7.2-p'],
  'bomb-unbounded': ['inflates without a limit', '7692-10.4-a', { should: true }],
  'bomb-crash': ['dies when a message inflates beyond its limit', '7692-10.4-a'],
  'bomb-cut': ['keeps a KiB of what inflates beyond its limit', '7692-10.4-a'],

  // What it sends.
  'rsv1-missing': ['compresses without RSV1', '7692-7.2-a'],
  'rsv1-pongs': ['RSV1 on pongs', '7692-6-h'],
  'rsv1-each-fragment': ['RSV1 on each frame of an answer', '7692-7.2-s'],
  'tail-left-on': ['leaves the tail on its answers', '7692-7.2-s'],
  'tail-cut-short': ['cuts an octet too much', '7692-7.2-a, 7692-7.2-s'],
  'zlib-wrapped-answers': ['answers in zlib format', '7692-7.2-a'],
  'ours-stale': ['refers to a context that is not the last', '7692-7.2-j'],
};
