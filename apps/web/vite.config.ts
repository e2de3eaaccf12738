import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'
import { CHUNKS } from './chunks.ts'
import { minifyAgainPlugin } from './minify-again-plugin.ts'
import { offlinePlugin } from './offline-plugin.ts'
import { slimLibp2p } from '../../scripts/slim-libp2p.ts'
import { precompressPlugin } from './precompress-plugin.ts'
import { preloadPlugin } from './preload-plugin.ts'
import { workerPlugin } from './worker-plugin.ts'

// Vite reads its configuration from the default export.
export default defineConfig(({ mode }) => ({
  // What makes the page small costs most of a build: pages of tests (`--mode test`) do without.
  plugins: [
    workerPlugin(),
    slimLibp2p(),
    react(),
    mode === 'test' ? [] : [preloadPlugin(), minifyAgainPlugin(), offlinePlugin(), precompressPlugin()],
  ],
  resolve: { conditions: ['@p2p-docstore/source', ...defaultClientConditions] },
  build: {
    target: 'es2023',
    minify: mode === 'test' ? false : 'oxc',
    outDir: '../../packages/relay/dist/page',
    emptyOutDir: true,
    license: { fileName: 'THIRD-PARTY.md' },
    // The relay's content security policy has no data: URLs but for images.
    assetsInlineLimit: 0,
    // What is imported later is imported without more ado: the worker has no document to put links into.
    modulePreload: { polyfill: false, resolveDependencies: (_, files, { hostType }) => (hostType === 'html' ? files : []) },
    rolldownOptions: { output: { codeSplitting: { groups: CHUNKS } } },
  },
  worker: { format: 'es' },
}))
