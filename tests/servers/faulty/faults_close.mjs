// Faults of closing and of limits: suites close, close-codes, limits.

const NO_16_MIB = ['--exclude', 'limits/16-mib*'];
const SMALL = { serve: { 'max-payload': 65536 }, run: ['--set', 'policy.message_bytes=65536'] };
const small = (also) => ({ ...SMALL, also });

export const CLOSE_FAULTS = {
  // The answer to a Close.
  'close-dropped': ['ends TCP in place of an answer', '6455-5.5.1-a'],
  'close-reset': ['resets TCP in place of an answer', '6455-5.5.1-a'],
  'close-answered-late': ['answers after 4 s', '6455-5.5.1-a', { once: true }],
  'close-answered-twice': ['answers twice', '6455-5.5.1-a'],
  'empty-close-refused': ['1002 for a Close without a code', '6455-5.5.1-a'],
  'reason-refused': ['1002 for a Close with a reason', '6455-5.5.1-a'],
  'long-reason-refused': ['1002 for a reason above 100 octets', '6455-5.5.1-a'],
  'one-octet-close-echoed': ['echoes a Close body of one octet', '6455-5.5.1-b'],
  'half-message-echoed': ['a Close ends the open message, which is echoed', '6455-5.5.1-e'],
  'tcp-left-to-client': ['leaves the end of TCP to the client', '6455-5.5.1-f', { once: true }],
  'half-echo-then-close': ['a Close cuts the echo that is being written', '6455-5.5.1-g'],
  'close-answered-after-fin': ['forgets its answer when FIN comes first', '6455-5.5.1-h'],
  'answers-1005': ['answers an empty Close with 1005', '6455-5.5.1-a'],
  'answers-1006': ['answers with 1006', '6455-5.5.1-a, 6455-7.4-a'],
  'two-writers': ['a second writer puts a text between the header of its Close and the body', '6455-5.5.1-a'],
  'close-code-swapped': ['the octets of its code the wrong way round', '6455-5.5.1-a, 6455-7.4-a'],

  // Its own Close.
  'crossing-answered': ['answers a Close that crosses its own', '6455-5.5.1-i'],
  'answer-awaited': ['keeps TCP until its Close is answered, for ever', '6455-7.1.7-c', { once: true }],
  'goes-on-after-close': ['goes on with messages and pings after its Close', '6455-5.5.1-k, 6455-7.1.7-a'],
  'fin-crash': ['dies when TCP ends without a Close', '6455-7.1.1-b'],
  'fin-1006': ['sends 1006 when TCP ends without a Close', '6455-7.1.1-b'],
  'slots-leak': ['never frees a connection that ended without a Close, and is full after three', '6455-7.1.1-b', { should: true }],
  'slots-leak-503': ['never frees a connection that ended without a Close; 503 after sixty', '6455-7.1.1-c', { once: true }],
  'slots-leak-drop': ['never frees a connection that ended without a Close; drops after sixty', '6455-7.1.1-c', { once: true }],
  'slots-leak-silent': ['never frees a connection that ended without a Close; answers nothing after sixty', '6455-7.1.1-c', { once: true, slow: true }],
  'closes-idle': ['closes 1000 after 0.7 s without a message', '6455-7.3-a', { slow: true, should: true }],
  'fault-hangs': ['stops at a protocol error, and says nothing', '6455-7.1.7-b', { once: true }],
  'fault-crash': ['dies at a protocol error', '6455-7.1.7-b', { once: true }],
  'fault-ends-all': ['closes every connection at a protocol error', '6455-10.7-c'],
  'fault-told-in-text': ['tells the error in a text before its Close', '', { legal: true, pick: ['framing', 'fragmentation'] }],
  'fault-no-code': ['a Close without a code at a protocol error', '6455-7.1.7-b, 6455-5.4-d'],
  'fault-drops': ['ends TCP at a protocol error (tolerated)', '', { legal: true, pick: ['framing', 'masking', 'fragmentation'] }],
  '1002-as-1000': ['1000 for protocol errors', '6455-7.1.7-b, 6455-5.1-a'],
  '1002-as-1007': ['1007 for protocol errors', '6455-7.1.7-b, 6455-5.5-a'],
  '1002-as-1008': ['1008 for protocol errors', '6455-5.2-op-a'],
  '1002-as-1011': ['1011 for protocol errors', '6455-5.2-rsv-a'],
  '1002-as-1006': ['1006 for protocol errors', '6455-7.4-h'],

  // Close codes.
  'only-1000': ['knows 1000 only', '6455-7.4-a'],
  'codes-1000-1003': ['knows 1000 to 1003 only', '6455-7.4-a'],
  'codes-no-private': ['refuses 3000 to 4999', '6455-7.4-a'],
  'code-1010-refused': ['refuses 1010', '6455-7.4-a'],
  'codes-below-1000': ['takes codes below 1000', '6455-7.4-c', { should: true }],
  'code-1004-taken': ['takes 1004', '6455-7.4-d', { should: true }],
  'codes-1005-1006-taken': ['takes 1005 and 1006', '6455-7.4-d', { should: true }],
  'code-1015-taken': ['takes 1015', '6455-7.4-e', { should: true }],
  'codes-below-3000': ['takes all of 1000 to 2999', '6455-7.4-d, 6455-7.4-e, 6455-7.4-f', { should: true }],
  'codes-from-5000': ['takes codes above 4999', '6455-7.4-g', { should: true }],
  'invalid-code-echoed': ['echoes any code', '6455-7.4-c, 6455-7.4-d, 6455-7.4-f, 6455-7.4-g'],

  // Limits.
  'limit-off-by-one': ['refuses a message of exactly its limit', '6455-7.4-j', small([])],
  'limit-per-frame': ['limits frames, not messages', '6455-7.4-j', small([])],
  'limit-not-kept': ['does not keep to its limit', '6455-7.4-j', small(['no-limit'])],
  '1009-as-1002': ['1002 above its limit', '6455-7.4-j', SMALL],
  '1009-as-1011': ['1011 above its limit', '6455-7.4-j', SMALL],
  'echo-64k': ['keeps 16 bits of the length of an answer', '6455-10.4-c', { run: NO_16_MIB }],
  'echo-hole': ['sixteen octets of a big answer are zero', '6455-10.4-c', { run: NO_16_MIB }],
  'stuck-after-big': ['is stuck after a big message', '6455-10.4-c', { once: true, run: NO_16_MIB }],
  'every-100th-lost': ['loses every hundredth answer', '6455-10.4-e', { once: true }],
  'echo-in-pairs': ['every second answer overtakes the one before', '6455-5.2-len-g'],
  'slow-reader-crash': ['dies of a client that does not read', '6455-10.4-g', { slow: true }],
};
