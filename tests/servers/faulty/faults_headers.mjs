// Faults of the handshake's headers: suite handshake-headers.

const ORIGINS = {
  serve: { 'allow-origin': ['https://good.example'] },
  run: ['--set', 'policy.origin=' + JSON.stringify({
    allowed: ['https://good.example'],
    denied: ['https://evil.example'],
    absent: true,
    action: 'refuse',
    status: [403],
  })],
};
const HOSTS = {
  serve: { 'refuse-host': ['evil.example'] },
  run: ['--set', 'policy.host.denied=["evil.example"]'],
};

// One backend of two is wrong: the first connection of a run is right, and shows that the target works.
const BACKEND = { serve: { spare: 1 } };

export const HEADER_FAULTS = {
  'no-host': ['needs no Host', '6455-4.2.1-host-a'],
  'two-hosts': ['takes two Hosts', '6455-4.2.1-host-b'],
  'host-unchecked': ['takes anything for a Host', '6455-4.2.1-host-c'],
  'no-ipv6-host': ['400 for an IPv6 address as Host', '6455-4.2.1-host-d', { may: true }],
  'any-host': ['serves names that are not its own', '6455-4.2.1-host-e', HOSTS],

  'no-upgrade': ['needs no Upgrade', '6455-4.2.1-upg-a'],
  'upgrade-case': ['takes "websocket" in lower case only', '6455-4.2.1-upg-b'],
  'upgrade-no-list': ['takes Upgrade for one word', '6455-4.2.1-upg-c', { should: true }],
  'upgrade-part': ['looks for "websocket" anywhere in Upgrade', '6455-4.2.1-upg-d'],
  'no-connection': ['needs no Connection', '6455-4.2.1-con-a'],
  'connection-part': ['looks for "upgrade" anywhere in Connection', '6455-4.2.1-con-a'],
  'connection-case': ['takes "Upgrade" in this case only', '6455-4.2.1-con-b'],
  'connection-no-list': ['takes Connection for one word: refuses keep-alive, Upgrade', '6455-4.2.1-con-c'],
  'connection-first-line': ['reads the first Connection line only', '6455-4.2.1-con-c'],

  'no-key': ['needs no key', '6455-4.2.1-key-a'],
  'empty-key': ['takes an empty key', '6455-4.2.1-key-b'],
  'two-keys': ['takes the first of two keys', '6455-4.2.1-key-c'],
  'any-key': ['never looks at the key', '6455-4.2.1-key-c', { also: ['two-keys'] }],
  'accept-guid': ['the GUID in lower case', '6455-4.2.1-key-g', BACKEND],
  'accept-decoded': ['hashes the decoded key', '6455-4.2.1-key-g', BACKEND],
  'accept-hex': ['Accept in hex', '6455-4.2.1-key-g', BACKEND],
  'accept-untrimmed': ['hashes the spaces round the key', '6455-4.2.1-key-h'],
  'accept-folded': ['hashes the key in lower case', '6455-4.2.1-key-i', BACKEND],
  'key-once': ['400 for a key that it has seen before', '6455-4.2.1-key-j', { may: true }],
  'long-key-crash': ['dies on a long key', '6455-4.2.1-key-k'],

  'no-version': ['needs no version', '6455-4.2.2-ver-a'],
  'any-version': ['never looks at the version', '6455-4.2.2-ver-b, 6455-4.2.2-ver-d'],
  'version-loose': ['takes 013, 13.0, +13', '6455-4.2.2-ver-d'],
  'version-32-bits': ['reads the version into 32 bits: 4294967309 is 13', '6455-4.2.2-ver-d'],
  'version-list': ['takes a version list that holds 13', '6455-4.2.2-ver-e'],
  'two-versions': ['takes the first of two versions', '6455-4.2.2-ver-e'],
  '426-bare': ['426 without Upgrade and Sec-WebSocket-Version', '6455-4.2.2-ver-b, 6455-4.2.2-ver-f'],
  'version-locks-out': ['403 for ever after one wrong version', '6455-4.2.2-ver-g'],
  'version-hangs': ['says nothing to versions that it does not know', '6455-4.2.2-ver-b, 6455-4.2.2-ver-h', { once: true }],

  'any-origin': ['never looks at Origin', '6455-4.2.2-org-b', ORIGINS],
  'origin-prefix': ['compares the beginning of Origin', '6455-4.2.2-org-c', ORIGINS],
  'origin-suffix': ['compares the end of Origin', '6455-4.2.2-org-c', ORIGINS],
  'origin-null': ['lets "null" in', '6455-4.2.2-org-c', ORIGINS],
  'origin-no-scheme': ['does not compare the scheme', '6455-4.2.2-org-c', ORIGINS],
  'two-origins': ['takes the first of two Origins', '6455-4.2.2-org-d', ORIGINS],

  'sub-invented': ['answers "chat" whatever was offered, or not', '6455-4.2.2-sub-a, 6455-4.2.2-sub-c', BACKEND],
  'sub-all': ['echoes the whole list', '6455-4.2.2-sub-b, 6455-4.2.2-sub-h'],
  'sub-default': ['answers its default where nothing fits', '6455-4.2.2-sub-c'],
  'sub-empty': ['answers an empty name where nothing fits', '6455-4.2.2-sub-c'],
  'sub-first-line': ['reads the first line of names only', '6455-4.2.2-sub-d'],
  'sub-any-octets': ['takes names that are no tokens', '6455-4.2.2-sub-e'],
  'sub-case': ['compares names without their case', '6455-4.2.2-sub-g'],
  'sub-two-headers': ['names its choice in two headers', '6455-4.2.2-sub-h'],
  'sub-many-crash': ['dies on 500 names', '6455-4.2.2-sub-i'],

  'ext-unoffered': ['names an extension that was not offered', '6455-9.1-a', BACKEND],
  'ext-unknown-400': ['400 for an extension it does not know', '6455-9.1-b'],
  'ext-echoed': ['echoes the names of all extensions', '6455-9.1-b, 6455-9.1-c'],
  'ext-unknown-listed': ['lists an unknown extension beside the known one', '6455-9.1-c'],
  'ext-first-line': ['reads the first line of extensions only', '7692-7.1-a', { should: true }],
  'ext-malformed-ignored': ['ignores a list of extensions that it cannot read', '6455-9.1-d'],
  'ext-no-quotes': ['knows no quoted values', '6455-9.1-e', { should: true }],
  'pmd-line-each': ['answers each offer, on a line of its own', '6455-9.1-f, 7692-5-e'],
  'ext-many-crash': ['dies on 500 offers or parameters', '6455-9.1-g'],
};
