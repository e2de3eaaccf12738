// Whether what `npm run build` makes is there and newer than all that it is made of.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const MADE_OF = ['package-lock.json', 'scripts', 'apps/web', 'packages']
/** What each part of the build writes last. */
const MADE = [...['core', 'docstore', 'relay', 'cli'].map((name) => `packages/${name}/dist/THIRD-PARTY.md`), 'packages/relay/dist/page/index.html']

/** Also in a clone, whose files are all as old as itself. */
export function isBuilt() {
  const made = MADE.map((path) => statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0)
  const oldest = Math.min(...made)
  return oldest > 0 && MADE_OF.every((path) => isOlder(join(ROOT, path), oldest))
}

function isOlder(path, than) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs < than
  const names = readdirSync(path)
  const parts = names.filter((name) => name !== 'node_modules' && name !== 'dist' && !name.includes('.test.'))
  // A folder changes when something in it is removed; one with a `dist` in it changes with each build.
  return (names.includes('dist') || stat.mtimeMs < than) && parts.every((name) => isOlder(join(path, name), than))
}
