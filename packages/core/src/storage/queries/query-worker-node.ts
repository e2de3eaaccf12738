/// <reference types="node" />
// The thread in which queries run that must not block anybody: `ReaderThread` starts it and talks to it.
import { parentPort, workerData } from 'node:worker_threads'
import { DocstoreError, errorCode, errorMessage } from '../../errors.ts'
import { loadRegexEngine } from '../../query/index.ts'
import { ReaderQueries } from './reader-queries.ts'
import type { NumberedOrder, ReaderAnswer, ReaderThreadData } from './reader-thread-node.ts'
import { openNodeDriver } from '../drivers/sqlite-node.ts'

if (parentPort === null) throw new Error('This is the program of a thread')
const port = parentPort
const { path, cancelled } = workerData as ReaderThreadData
const isCancelled = new Int32Array(cancelled)
await loadRegexEngine()
const isServer = path.startsWith('postgres')
const driver = isServer ? undefined : openNodeDriver(path, { readOnly: true })
// Loaded where the database is a server's.
const queries = driver === undefined ? await (await import('../postgres/open-postgres.ts')).openPostgresReader(path) : new ReaderQueries(driver)

port.on('message', (order: NumberedOrder | 'close') => {
  if (order === 'close') {
    queries.close()
    port.close()
    return
  }
  void answerTo(order).then((answer) => port.postMessage(answer))
})

async function answerTo(order: NumberedOrder): Promise<ReaderAnswer> {
  const { id } = order
  try {
    if (order.kind === 'usage') return { id, result: queries.usage() }
    if (order.kind === 'damage') return { id, result: queries.findDamage() }
    if (order.kind === 'backup') {
      if (driver === undefined || !(queries instanceof ReaderQueries)) throw new DocstoreError('no-files', 'A server has its files for itself')
      await queries.atOneMoment(() => driver.backup(order.path))
      return { id, result: undefined }
    }
    return { id, result: queries.find(order.ns, order.collection, order.query, () => Atomics.load(isCancelled, 0) === id) }
  } catch (error) {
    return { id, code: errorCode(error), message: errorMessage(error) }
  }
}
