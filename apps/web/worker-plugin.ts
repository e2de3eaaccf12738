import type { Plugin } from 'vite'

/** Where the library starts workers, and how it names their programs. */
const STARTS = [
  { starter: /\/docstore\/src\/sharing\/worker-data-web\.ts$/, worker: '../store/worker-web.ts', name: 'worker-web' },
  { starter: /\/core\/src\/model\/keys\/checks-aside-web\.ts$/, worker: './check-worker-web.ts', name: 'check-worker-web' },
] as const
/** What either must never load: the rest of the other. */
const FOREIGN = [
  ['index', 'worker-core'],
  ['worker-web', 'docstore'],
  ['check-worker-web', 'docstore'],
  ['check-worker-web', 'worker-core'],
] as const
/** Vite's own way to import later: it puts what is needed into the document, which a worker does not have. */
const IMPORT_LATER = '\0vite/preload-helper.js'

/**
 * Builds workers together with the page, and not by themselves as Vite does: what both need lies in one file, which a browser loads once. Throws where one of the
 * two would load what only the other can use.
 */
export function workerPlugin(): Plugin {
  return {
    name: 'worker-with-page',
    apply: 'build',
    enforce: 'pre',
    async transform(code, id) {
      const start = STARTS.find(({ starter }) => starter.test(id))
      if (start === undefined) return undefined
      const url = `new URL('${start.worker}', import.meta.url)`
      if (!code.includes(url)) throw new Error(`${id} has changed: look at apps/web/worker-plugin.ts`)
      const worker = await this.resolve(start.worker, id)
      if (worker === null) throw new Error(`There is no ${start.worker}`)
      const reference = this.emitFile({ type: 'chunk', id: worker.id, name: start.name })
      return code.replace(url, `import.meta.ROLLUP_FILE_URL_${reference}`)
    },
    load: (id) => (id === IMPORT_LATER ? 'export const __vitePreload = (load) => load()\n' : undefined),
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((one) => one.type === 'chunk')
      const owners = new Map(chunks.flatMap((chunk) => Object.keys(chunk.modules).map((id) => [id, chunk] as const)))
      for (const [entry, foreign] of FOREIGN) {
        const first = chunks.find((chunk) => chunk.isEntry && chunk.name === entry)
        if (first === undefined) throw new Error(`The build has no ${entry}`)
        const reached = new Set([first])
        for (const { name, imports, dynamicImports, modules } of reached) {
          if (name === foreign) continue
          for (const chunk of chunks) if (imports.includes(chunk.fileName) || dynamicImports.includes(chunk.fileName)) reached.add(chunk)
          const strays = Object.keys(modules).flatMap((id) =>
            (this.getModuleInfo(id)?.importedIds ?? [])
              .filter((needed) => owners.get(needed)?.name === foreign)
              .map((needed) => `${id} needs ${needed}`),
          )
          if (imports.some((file) => chunks.some((chunk) => chunk.fileName === file && chunk.name === foreign)))
            throw new Error(`${name}, which ${entry} loads, would load all of ${foreign} (apps/web/chunks.ts): ${strays.join(', ')}`)
        }
      }
    },
  }
}
