import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'
import { minifyAgainPlugin } from './minify-again-plugin.ts'
import { offlinePlugin } from './offline-plugin.ts'
import { slimLibp2p } from '../../scripts/slim-libp2p.ts'
import { precompressPlugin } from './precompress-plugin.ts'

/** No part of the library of the first load: what is loaded when it is asked for, in files of its own. */
const LATER = new RegExp(
  [
    '/node_modules/(yjs|lib0|uqr|re2js|p-retry|is-network-error|p-queue|eventemitter3|hashlru)/',
    '/node_modules/@multiformats/dns/dist/src/(dns\\.js|resolvers/|utils/)',
    '/docstore/src/network/admission/(index-join|join-link|link-text|former-link)\\.ts',
    '/docstore/src/store/(doctor/|files/|life/(until-here|pending|forget|rules|succession|listed-namespaces)\\.ts)',
    '/docstore/src/(sharing/take-data|store/networks/(networks|open-several|assert-delivered|empty-data|limits))\\.ts',
    '/docstore/src/store/types/',
    '/docstore/src/network/files/(?!index\\.ts|protocol\\.ts)',
    '/docstore/src/network/(directory/|sync/index-session|peers/(index-direct|direct-links)|relays/(index-links|relay-|dial-order))',
    '/core/src/(sets/|sync/(session|namespace-link|follower|responder|messages|news-queue|put-collector|kept-positions|audit|channel|wake)\\.ts|model/network/peer-descriptor\\.ts)',
    // The page alone reads what people type as JSON: it goes with its own code.
    '/core/src/model/json/(parse-json|json-number|json-error)\\.ts',
  ].join('|'),
)

/** Parts of the first load, told apart by the names of their files: `scripts/sizes.js` measures them. */
const PAGE_PARTS = [
  { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\//, priority: 2 },
  { name: 'docstore', test: (id: string) => /node_modules\/|packages\/(core|docstore)\//.test(id) && !LATER.test(id), priority: 1 },
]
/** The same in the worker: what it shares with parts that it loads later stays in one file, because many small ones pack worse. */
const WORKER_LATER = new RegExp(
  [
    '/core/src/(files/|sets/|storage/(files/|damage\\.ts|migrations\\.ts|records/(moved-|edited-|is-conflict)|queries/explain-query)|query/sql/explain\\.ts)',
    '/core/src/(model/edits/(merged|normal-form)|replica/writing/(update/|full-store|redated-entry|redate-records|forgetting))',
    '/core/src/(model/edits/earlier-versions|storage/history/(?!schema|limits)|replica/history/(document-history|tidy-history)|storage/(records/(expired-records|forgotten-slots)|writing/timed-removals))',
    '/core/src/(rules/|replica/rules/(?!known-rules|judged-prefix))',
    '/core/src/(replica/writing/(typed/|pending-entry|erasing|withdrawn-entry|seen-by-writer)|replica/reading/conflicts|storage/space/compacting|storage/records/lost-version|model/types/(log-id|crdt-part-id))',
    '/core/src/replica/(files/|moving/|heads/(?!head-prefixes)|changed-(head|collections)\\.ts|removing\\.ts|storage-check\\.ts|writing/pending-changes\\.ts|exchange/(reconciler|trees|auditor)\\.ts)',
  ].join('|'),
)
const WORKER_PARTS = [
  { name: 'sqlite', test: /node_modules\/@sqlite\.org\//, priority: 2 },
  {
    name: 'worker-core',
    test: (id: string) => /node_modules\/(multiformats|cborg|@ipld\/dag-cbor|@noble)\/|packages\/core\//.test(id) && !WORKER_LATER.test(id),
    priority: 1,
  },
]

// Vite reads its configuration from the default export.
export default defineConfig({
  plugins: [slimLibp2p(), react(), minifyAgainPlugin(), offlinePlugin(), precompressPlugin()],
  resolve: { conditions: ['@p2p-docstore/source', ...defaultClientConditions] },
  build: {
    target: 'es2023',
    outDir: '../../packages/relay/dist/page',
    emptyOutDir: true,
    license: { fileName: 'THIRD-PARTY.md' },
    // The relay's content security policy has no data: URLs but for images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: PAGE_PARTS } } },
  },
  worker: {
    format: 'es',
    plugins: () => [minifyAgainPlugin()],
    rolldownOptions: { output: { entryFileNames: 'assets/[name]-[hash].js', codeSplitting: { groups: WORKER_PARTS } } },
  },
})
