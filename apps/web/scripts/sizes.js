// Prints what a first visit loads, part by part, and exits with 1 where the library is over its limit. `--report` only prints.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

/** Most of the library with libp2p, without SQLite: gzip, KiB. What it is measured against is in the bench's table of peers. */
const MAX_DOCSTORE_KIB = 224

const dist = new URL('../../../packages/relay/dist/page/', import.meta.url)
if (!existsSync(new URL('index.html', dist))) {
  console.error('The page is not built. Run `npm run build` first')
  process.exit(1)
}

const PARTS = [
  ['docstore', /^(docstore|both|protobuf|worker-web|worker-core)-.*\.js$/],
  ['SQLite', /^(sqlite-.*\.js|sqlite3-.*\.wasm)$/],
  ['app', /^(index|react|rolldown-runtime)-[\w-]{8}\.(js|css)$/],
]
/** What comes right after the first screen, before the first relay is called: it is no part of the first load, and not far from it. */
const CONNECTING = ['connecting', /^(index-links|index-session|index-gossip|directory)-[\w-]{8}\.js$/]

const names = readdirSync(new URL('assets/', dist)).filter((file) => !/\.(gz|br)$/.test(file))
const read = (name) => readFileSync(new URL(`assets/${name}`, dist))
const parts = new Map(names.map((name) => [name, [...PARTS, CONNECTING].find(([, pattern]) => pattern.test(name))?.[0]]))

// What two files share can lie in a third one, whose name tells nothing: it belongs to the part that cannot do without it.
const unread = names.filter((name) => parts.get(name) !== undefined && name.endsWith('.js'))
for (const name of unread) {
  for (const [, needed] of read(name)
    .toString()
    .matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([\w.-]+\.js)["']/g)) {
    if (!parts.has(needed) || parts.get(needed) !== undefined) continue
    parts.set(needed, parts.get(name))
    unread.push(needed)
  }
}

const totals = new Map()
const rows = []
for (const name of names) {
  const part = parts.get(name) ?? 'not in the first load'
  const data = read(name)
  const row = { part, file: name, raw: data.length / 1024, gzip: gzipSync(data, { level: 9 }).length / 1024 }
  rows.push(row)
  const total = totals.get(part) ?? { raw: 0, gzip: 0 }
  totals.set(part, { raw: total.raw + row.raw, gzip: total.gzip + row.gzip })
}

const order = (part) => [...PARTS, CONNECTING].findIndex(([name]) => name === part) >>> 0
const line = (part, file, { raw, gzip }) => `${part.padEnd(22)}${file.padEnd(44)}${raw.toFixed(1).padStart(9)}${gzip.toFixed(1).padStart(9)}`
console.log(`${'part'.padEnd(22)}${'file'.padEnd(44)}${'KiB'.padStart(9)}${'gzip'.padStart(9)}`)
for (const row of rows.sort((a, b) => order(a.part) - order(b.part) || b.raw - a.raw)) console.log(line(row.part, row.file, row))
console.log()
const first = { raw: 0, gzip: 0 }
for (const [part] of PARTS) {
  const total = totals.get(part) ?? { raw: 0, gzip: 0 }
  first.raw += total.raw
  first.gzip += total.gzip
  console.log(line(part, '', total))
}
console.log(line('first load', '', first))
console.log(line(CONNECTING[0], '', totals.get(CONNECTING[0]) ?? { raw: 0, gzip: 0 }))

const docstore = totals.get('docstore')?.gzip ?? 0
if (docstore > MAX_DOCSTORE_KIB || docstore === 0) {
  console.error(`\nThe docstore part has ${docstore.toFixed(1)} KiB gzip; the limit is ${MAX_DOCSTORE_KIB}`)
  if (!process.argv.includes('--report')) process.exit(1)
}
