// Builds the packages into their `dist` folders, as they are published: parts of others go in, what `dependencies` names stays outside.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { replacePlugin } from 'rolldown/plugins'
import { dts } from 'rolldown-plugin-dts'
import { slimLibp2p } from './slim-libp2p.ts'
import { thirdPartyNotice } from './third-party.js'

/** Parts of the core that few programs need, and not at once. */
const PARTS = [
  'replica/nostr/index-nostr',
  'people/keys/index-keys',
  'people/names/index-names',
  'people/pairing/index-pairing',
  'placement/index-placement',
]

/** What each package offers on which platform: `index` is `src/index.ts`, and becomes `dist/node/index.js`. */
const PACKAGES = [
  {
    name: 'core',
    node: [
      'index',
      ...PARTS,
      'storage/open-node',
      'storage/queries/query-worker-node',
      'storage/postgres/open-postgres',
      'storage/postgres/connection-thread-node',
    ],
    web: ['index', ...PARTS, 'storage/open-web', 'model/keys/check-worker-web'],
    types: ['index', ...PARTS, 'storage/open-node', 'storage/postgres/open-postgres', 'storage/open-web'],
  },
  {
    name: 'docstore',
    node: ['index-node', 'people/index-people'],
    web: ['index-web', 'people/index-people', 'store/worker-web'],
    types: ['index-node', 'index-web', 'people/index-people'],
  },
  { name: 'relay', node: ['index', 'services/nostr/verify/verify-worker'], types: ['index'] },
  { name: 'cli', node: ['run'], types: ['run'] },
]

/** What every program in Node imports, by itself or through `docstore`. */
const STARTS = ['core/src/index', 'core/src/storage/open-node', 'docstore/src/index-node', 'cli/src/run']

/** Programs of threads, which their starters name by file, by how they name it. */
const THREADS = {
  node: {
    './query-worker-node.ts': './query-worker-node.js',
    './connection-thread-node.ts': './connection-thread-node.js',
    './verify-worker.ts': './verify-worker.js',
  },
  web: { '../store/worker-web.ts': './worker-web.js', './check-worker-web.ts': './check-worker-web.js' },
}

const KINDS = {
  // Bundles lie in one folder, whatever folders their parts come from.
  node: {
    platform: 'node',
    // What every program loads is one file, not a hundred: each costs a start half a millisecond of processor time.
    codeSplitting: { groups: [{ name: (id, modules) => (neededAtStart(modules).has(id) ? 'start' : null) }] },
    plugins: [replacePlugin(THREADS.node, { delimiters: ['', ''] })],
  },
  web: { platform: 'browser', plugins: [slimLibp2p(), replacePlugin(THREADS.web, { delimiters: ['', ''] })] },
  types: {
    platform: 'node',
    // Our stores end with `await using`, which older targets of users' programs have no types for.
    banner: '/// <reference lib="esnext.disposable" />',
    plugins: [dts({ tsconfig: false, oxc: true, resolve: true, emitDtsOnly: true })],
  },
}

const startsByBundle = new WeakMap()

await Promise.all(PACKAGES.map(buildPackage))

async function buildPackage({ name, ...entries }) {
  const folder = join(import.meta.dirname, '../packages', name)
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const outside = (id) =>
    Object.keys({ ...dependencies, ...peerDependencies }).some((dependency) => id === dependency || id.startsWith(`${dependency}/`))
  const notice = join(folder, 'dist/THIRD-PARTY.md')
  // Removed first and written last, it says that all of this is there: bin/sources.js looks at it.
  rmSync(notice, { force: true })
  const kinds = Object.keys(KINDS).filter((kind) => kind in entries)
  const bundles = await Promise.all(kinds.map((kind) => bundle(folder, kind, entries[kind], outside)))
  writeFileSync(notice, thirdPartyNotice(bundles.flat()))
}

async function bundle(folder, kind, entries, outside) {
  const { platform, plugins, banner, codeSplitting } = KINDS[kind]
  const bundle = await rolldown({
    input: entries.map((entry) => join(folder, `src/${entry}.ts`)),
    platform,
    plugins,
    external: outside,
    resolve: { conditionNames: ['@p2p-docstore/source', kind === 'types' ? 'types' : platform] },
    onLog: (level, log, report) => isHarmless(log) || report(level, log),
    checks: { ineffectiveDynamicImport: false, bundlerTimings: false },
  })
  const { output } = await bundle.write({
    dir: join(folder, 'dist', kind),
    cleanDir: true,
    comments: { legal: false, jsdoc: kind === 'types' },
    banner,
    codeSplitting,
  })
  await bundle.close()
  refuseUnnamed(folder, output, outside)
  return output
}

/** What is found from `STARTS` without a dynamic import; looked up once for each bundle. */
function neededAtStart(modules) {
  const known = startsByBundle.get(modules)
  if (known !== undefined) return known
  const found = new Set(STARTS.map((name) => join(import.meta.dirname, '../packages', `${name}.ts`)))
  // A set also gives what comes while it is read.
  for (const id of found) for (const next of modules.getModuleInfo(id)?.importedIds ?? []) found.add(next)
  startsByBundle.set(modules, found)
  return found
}

/** An import that `package.json` does not name would only fail where the package is installed. */
function refuseUnnamed(folder, output, outside) {
  const files = new Set(output.map(({ fileName }) => fileName))
  for (const { fileName, imports = [], dynamicImports = [] } of output) {
    for (const id of [...imports, ...dynamicImports]) {
      if (!files.has(id) && !isBuiltin(id) && !outside(id)) throw new Error(`${fileName} imports ${id}, which ${folder}/package.json does not name`)
    }
  }
}

/** The types of denque are of a form that cannot be bundled, and no type of ours needs them. */
function isHarmless({ message }) {
  return message.includes('denque/index.d.ts')
}
