import type { Plugin } from 'vite'

/** How the library starts its worker, and where that lies. */
const START = "new URL('../store/worker-web.ts', import.meta.url)"
const STARTER = /\/docstore\/src\/sharing\/worker-data-web\.ts$/
const WORKER = '../store/worker-web.ts'
/** Vite's own way to import later: it puts what is needed into the document, which a worker does not have. */
const IMPORT_LATER = '\0vite/preload-helper.js'

/**
 * Builds the worker together with the page, and not by itself as Vite does: what both need lies in one file, which a browser loads once. Throws where one of the
 * two would load what only the other can use.
 */
export function workerPlugin(): Plugin {
  return {
    name: 'worker-with-page',
    apply: 'build',
    enforce: 'pre',
    async transform(code, id) {
      if (!STARTER.test(id)) return undefined
      if (!code.includes(START)) throw new Error(`${id} has changed: look at apps/web/worker-plugin.ts`)
      const worker = await this.resolve(WORKER, id)
      if (worker === null) throw new Error(`There is no ${WORKER}`)
      const reference = this.emitFile({ type: 'chunk', id: worker.id, name: 'worker-web' })
      return code.replace(START, `import.meta.ROLLUP_FILE_URL_${reference}`)
    },
    load: (id) => (id === IMPORT_LATER ? 'export const __vitePreload = (load) => load()\n' : undefined),
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((one) => one.type === 'chunk')
      const reach = (name: string): Set<string> => {
        const found = new Set(chunks.filter((chunk) => chunk.isEntry && chunk.name === name).map(({ fileName }) => fileName))
        if (found.size === 0) throw new Error(`The build has no ${name}`)
        for (const file of found)
          for (const chunk of chunks) if (chunk.fileName === file) for (const next of [...chunk.imports, ...chunk.dynamicImports]) found.add(next)
        return found
      }
      const [page, worker] = [reach('index'), reach('worker-web')]
      const strays = chunks.filter(
        ({ name, fileName }) => (name === 'worker-core' && page.has(fileName)) || (name === 'docstore' && worker.has(fileName)),
      )
      if (strays.length > 0) throw new Error(`${strays.map(({ name }) => name).join(' and ')} would be loaded by both: look at apps/web/chunks.ts`)
    },
  }
}
