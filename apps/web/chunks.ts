/** No part of the library of the first load: what is loaded when it is asked for, in files of its own. */
const LATER = new RegExp(
  [
    '/node_modules/(yjs|lib0|uqr|re2js|p-retry|is-network-error|p-queue|eventemitter3|hashlru)/',
    '/node_modules/@libp2p/gossipsub/',
    '/docstore/src/network/transport/(index-gossip|gossip|gossip-id)\\.ts',
    '/node_modules/@multiformats/dns/dist/src/(dns\\.js|resolvers/|utils/)',
    '/docstore/src/network/admission/(device-invitations|invitations|index-guests|index-join|join-link|link-text|former-link)\\.ts',
    '/docstore/src/store/(conflicts\\.ts|erase\\.ts|doctor/|files/|life/(until-here|assert-taken|pending|forget|rules|succession|listed-namespaces)\\.ts)',
    '/docstore/src/(store/content/|network/(content/|serve-stored\\.ts))',
    '/core/src/(files/(foreign-file|file-node|file-shape)|model/encoding/content-cid)\\.ts',
    '/node_modules/(@ipld/dag-pb|ipfs-unixfs)/',
    '/docstore/src/(sharing/take-data|store/networks/(networks|open-several|carry-person|assert-delivered|empty-data|limits))\\.ts',
    '/docstore/src/store/types/',
    '/docstore/src/store/profiles/(?!profiles\\.ts)',
    '/docstore/src/store/names/(?!names\\.ts)',
    '/docstore/src/store/presence/(?!presence\\.ts)',
    '/docstore/src/network/((profiles|people|placement)/|network-questions\\.ts)',
    '/core/src/placement/',
    '/docstore/src/network/names/(?!(index|name)-keys\\.ts)',
    '/docstore/src/store/people/(?!person\\.ts)',
    '/core/src/model/namespace/profile-id\\.ts',
    '/docstore/src/people/',
    '/core/src/people/',
    '/core/src/model/keys/check',
    '/node_modules/(@scure/|@noble/hashes/(scrypt|pbkdf2))',
    '/docstore/src/network/files/(?!index\\.ts|protocol\\.ts)',
    '/docstore/src/network/(directory/|sync/(index-session|index-server|serve-requests|sync-relays)|peers/(index-direct|direct-links)|relays/(index-links|relay-|dial-order|delivery))',
    '/core/src/(sets/(?!hash-sum|parts)|sync/(session|namespace-link|log-link|follower|responder|messages|news-queue|put-collector|kept-positions|audit|channel|wake|split-of-head)\\.ts|model/network/peer-descriptor\\.ts)',
    // The page alone reads what people type as JSON: it goes with its own code.
    '/core/src/model/json/(parse-json|json-number|json-error)\\.ts',
  ].join('|'),
)

/** The same of the worker: what it shares with parts that it loads later stays in one file, because many small ones pack worse. */
const WORKER_LATER = new RegExp(
  [
    '/node_modules/(@ipld/dag-pb|ipfs-unixfs|rabin|murmurhash)',
    '/core/src/(model|replica|storage)/nostr/|/node_modules/@noble/secp256k1/',
    '/core/src/(files/(?!limits|file-(cid|shape)|named-file)|storage/(files/(?!schema|file-references)|damage\\.ts|migrations\\.ts|records/(moved-|edited-|erased-content|is-conflict|records-of)|queries/explain-query|reading/distinct)|query/sql/explain\\.ts)',
    '/core/src/(model/edits/(merged|normal-form)|replica/writing/(update/|full-store|redated-entry|redate-records|written-anew|pending-row|forgetting))',
    '/core/src/(model/edits/earlier-versions|storage/history/(?!schema|limits)|replica/history/(document-history|tidy-history)|storage/(records/(expired-records|forgotten-slots)|writing/timed-removals))',
    '/core/src/people/|/node_modules/@noble/hashes/(scrypt|pbkdf2)',
    '/core/src/model/keys/check',
    '/core/src/(model/people/(?!author\\.ts)|replica/people/(?!lazy-people|person-meta|principal-id|judging/aside-prefixes)|replica/heads/former-head|storage/logs/(?!schema))',
    '/core/src/(rules/|replica/rules/(?!known-rules|judged-prefix))',
    '/core/src/model/namespace/profile(-id)?\\.ts',
    '/core/src/(replica/writing/(typed/|pending-entry|erasing|withdrawn-entry|seen-by-writer)|replica/reading/conflicts|storage/space/compacting|storage/records/lost-version|model/types/(log-id|crdt-part-id))',
    '/core/src/replica/(files/|moving/|heads/(?!head-prefixes)|(changed-(head|collections)|others-changed|bad-split)\\.ts|removing\\.ts|storage-check\\.ts|writing/pending-changes\\.ts|exchange/(reconciler|trees|auditor|budget|placing)\\.ts)',
  ].join('|'),
)

/** What page and worker both begin with. */
const BOTH = new RegExp(
  [
    '/node_modules/(multiformats|cborg|@ipld/dag-cbor|@noble/ed25519|@noble/hashes(?!/(scrypt|pbkdf2)))/',
    '/core/src/(errors|files/(limits|file-cid)|query/(path|sort-input)|replica/(limits|turns|slices|moving/moved-ids|people/person-meta)|sets/(hash-sum|parts))\\.ts',
    '/core/src/model/(\\w+/)?(bytes|next-task|random|crypto-web|verdict|cbor|cid|limits|clock|identity|compare-text|content|network|static-profile|record-like|collection-type|crdt-part-id|log-id|signed|collection-name|author|service-names)\\.ts',
    '/docstore/src/rpc/(locks-web|message-port|rpc|remote)\\.ts',
    'vite/preload-helper',
  ].join('|'),
)
/** What the page begins with, and the worker's files too, later. */
const PROTOBUF = /\/node_modules\/(protons-runtime|uint8-varint|uint8arrays)\//
/** What the page's connections begin with, and the worker needs where the identity is locked. */
const CIPHERS = /\/node_modules\/@noble\/ciphers\//
/** What of the core the page alone begins with. */
const PAGE_CORE = /\/core\/src\/(sync\/|query\/projection|model\/(\w+\/)?(membership|release-bytes|service-names)\.ts)/

/** Parts of the first load, told apart by the names of their files: `scripts/sizes.js` measures them. */
export const CHUNKS = [
  { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\//, priority: 5 },
  { name: 'sqlite', test: /node_modules\/@sqlite\.org\//, priority: 5 },
  { name: 'both', test: BOTH, priority: 4 },
  { name: 'protobuf', test: PROTOBUF, priority: 3 },
  { name: 'ciphers', test: CIPHERS, priority: 3 },
  {
    name: 'worker-core',
    test: (id: string) => id.includes('/packages/core/') && !PAGE_CORE.test(id) && !WORKER_LATER.test(id) && !LATER.test(id),
    priority: 2,
  },
  {
    name: 'docstore',
    test: (id: string) =>
      (/\/node_modules\/|\/packages\/docstore\//.test(id) || PAGE_CORE.test(id)) &&
      !id.endsWith('/worker-web.ts') &&
      !LATER.test(id) &&
      !WORKER_LATER.test(id),
    priority: 1,
  },
]
