/// <reference types="node" />
// A process that writes until it is killed: singles, and bulks that all change the same documents. It prints a line for each write once
// that is acknowledged. Arguments: file, name of the run, durability; with `read` in its place another connection reads meanwhile.
import { writeSync } from 'node:fs'
import { openNodeStorage } from '../../storage/open-node.ts'
import { ReaderQueries } from '../../storage/queries/reader-queries.ts'
import { openNodeDriver } from '../../storage/drivers/sqlite-node.ts'
import { addNamespace, author, put, query } from './fixtures.ts'
import { signerOf } from './plans.ts'

/** Documents that every bulk changes. */
const SHARED = 200
/** Documents that every bulk adds. */
const ADDED = 100

const [path = '', run = '', durability] = process.argv.slice(2)
const storage = openNodeStorage(path, durability === 'full' ? { durability } : { withReaders: durability === 'read' })
if (durability === 'read') storage.letReadersIn()
const ns = await addNamespace(storage)
await storage.createIndex(ns, 'cities', ['tags'])
const reader = durability === 'read' ? new ReaderQueries(openNodeDriver(path, { readOnly: true })) : undefined
const sealWith = signerOf({ kind: 'sign', by: author('ada') })

for (let n = 1; ; n++) {
  const fields = { bulk: `${run}/${n}`, tags: n % 2 === 0 ? [`${run}/${n}`] : `${run}/${n}`, pad: 'x'.repeat(n % 700) }
  const shared = Array.from({ length: SHARED }, (_, i) => put({ id: `shared/${i}`, at: n, fields }))
  const added = Array.from({ length: ADDED }, (_, i) => put({ id: `${run}/${n}/${i}`, at: n, fields }))
  await storage.commit(ns, [...shared, ...added], { sealWith })
  writeSync(1, `bulk ${n}\n`)
  reader?.find(ns, 'cities', query({ bulk: `${run}/${n}` }), () => false)
  for (let i = 0; i < 5; i++) {
    await storage.commit(ns, [put({ id: `${run}/single/${n}/${i}`, at: n })])
    writeSync(1, `single ${n}/${i}\n`)
  }
  if (n % 5 === 0) await storage.scrub()
}
