import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

/** Files that SQLite's package brings for uses that are not ours: they are never loaded. */
const UNUSED = /sqlite3-(worker1|opfs-async-proxy)/

/** Emits `service-worker.js` with the list of built files, so that the page opens while its relay is away. */
export function offlinePlugin(): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler: async function (_options, bundle) {
        const source = await readFile(fileURLToPath(new URL('service-worker.js', import.meta.url)), 'utf8')
        const files = [
          '/',
          '/icon.svg',
          ...Object.keys(bundle)
            .filter((name) => name.startsWith('assets/') && !UNUSED.test(name))
            .map((name) => `/${name}`)
            .sort(),
        ]
        const version = createHash('sha256').update(source).update(files.join()).digest('hex').slice(0, 16)
        this.emitFile({
          type: 'asset',
          fileName: 'service-worker.js',
          source: source.replace("'__VERSION__'", JSON.stringify(version)).replace("'__FILES__'", JSON.stringify(files)),
        })
      },
    },
  }
}
