/// <reference types="node" />
// The thread in which queries run that must not block anybody: `QueryThread` starts it and talks to it.
import { parentPort, workerData } from 'node:worker_threads'
import { errorCode, errorMessage } from '../errors.ts'
import { loadRegexEngine } from '../query/index.ts'
import type { QueryAnswer, QueryOrder, QueryThreadData } from './query-thread-node.ts'
import { ReaderQueries } from './reader-queries.ts'
import { openNodeDriver } from './sqlite-node.ts'

if (parentPort === null) throw new Error('This is the program of a thread')
const port = parentPort
const { path, cancelled } = workerData as QueryThreadData
const isCancelled = new Int32Array(cancelled)
await loadRegexEngine()
const queries = new ReaderQueries(openNodeDriver(path, { readOnly: true }))

port.on('message', (order: QueryOrder | 'close') => {
  if (order === 'close') {
    queries.close()
    port.close()
    return
  }
  port.postMessage(answerTo(order))
})

function answerTo(order: QueryOrder): QueryAnswer {
  const { id } = order
  try {
    if (order.kind === 'damage') return { id, result: queries.findDamage() }
    return { id, result: queries.find(order.ns, order.collection, order.query, () => Atomics.load(isCancelled, 0) === id) }
  } catch (error) {
    return { id, code: errorCode(error), message: errorMessage(error) }
  }
}
