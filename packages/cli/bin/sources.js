import { existsSync, readdirSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'

const PACKAGES = join(import.meta.dirname, '../..')
const BUILT = ['core', 'docstore', 'relay', 'cli']

/**
 * Whether this is a clone in which something was edited since the last build, or nothing was built yet. An installed package has no sources. Who starts
 * hundreds of commands looks once, and tells them by `P2P_DOCSTORE_SOURCES`: `newer` or `built`.
 */
export function sourcesAreNewer() {
  const told = process.env.P2P_DOCSTORE_SOURCES
  if (told !== undefined) return told === 'newer'
  return existsSync(join(PACKAGES, 'cli/src')) && BUILT.some((name) => isStale(join(PACKAGES, name)))
}

function isStale(folder) {
  const sources = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' }).filter(isProgram)
  // What a build writes last.
  const built = modified(join(folder, 'dist/THIRD-PARTY.md'))
  return sources.some((path) => modified(join(folder, 'src', path)) > built)
}

/** Makes this process load the sources of our packages. */
export function useSources() {
  registerHooks({
    resolve: (specifier, context, next) => next(specifier, { ...context, conditions: ['@p2p-docstore/source', ...context.conditions] }),
  })
}

function isProgram(path) {
  return path.endsWith('.ts') && !path.endsWith('.test.ts')
}

/** When a file was written, Unix milliseconds; 0 where there is none. */
function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
