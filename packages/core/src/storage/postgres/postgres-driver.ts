/// <reference types="node" />
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { DocstoreError, errorCode } from '../../errors.ts'
import type { SqlDriver, SqlRow, SqlStatement, SqlValue } from '../drivers/driver.ts'
import { inPostgres } from './dialect.ts'
import { type Answer, type News, type Order, type Orders, SHARED, type ThreadInit } from './messages.ts'
import { postgresError } from './postgres-errors.ts'

/** How long an answer may take, milliseconds: longer than a statement may, so that a server that lives says by itself that it takes too long. */
const ANSWER_MS = 17_000
/** Statements without an answer that are sent together at most, and what they may bind, or rows of a cursor have, UTF-16 units and bytes. */
const MAX_WAITING = 512
const MAX_WAITING_LENGTH: number = 4 * 1024 * 1024
/** Rows that a cursor gives at first, and at most. */
const FIRST_ROWS = 32
const MOST_ROWS = 1024

/** Where a database is, and who hears of it. */
export interface PostgresDriverInit {
  readonly url: string
  /** Of the database, in which all tables lie. */
  readonly schema: string
  /** Name under which processes tell each other of changes. */
  readonly channel: string
  readonly onNews: (news: News) => void
  /** How long an answer may take, milliseconds. */
  readonly answerMs?: number | undefined
}

/**
 * PostgreSQL as the tables of a storage know databases: one connection, statement by statement. The connection belongs to a thread, for which this one
 * waits. Inside of a transaction, statements that give nothing are sent along with the next one that does, or with the end of it, so that they
 * cost no way to the server and back each; one that fails makes all of the transaction fail, there or here.
 */
export class PostgresDriver implements SqlDriver {
  readonly #port: MessagePort
  readonly #numbers: Int32Array
  readonly #answerMs: number
  readonly #ended: Promise<unknown>
  #waiting: Order[] = []
  #waitingLength = 0
  #isInTransaction = false
  /** Whether the server knows of it, whatever it answered. */
  #isSent = false
  /** On which the transaction was begun; not known before its first answer. */
  #connection: number | undefined
  #lastId = 0
  #names = 0
  #cursors = 0
  #isClosed = false

  private constructor(worker: Worker, port: MessagePort, numbers: Int32Array, answerMs: number) {
    this.#answerMs = answerMs
    this.#port = port
    this.#numbers = numbers
    this.#ended = new Promise((done) => worker.once('exit', done))
  }

  /** Connects. Throws `database-refused` at once, and `database-away` where there is no connection after so many milliseconds. */
  static async open({ url, schema, channel, onNews, answerMs = ANSWER_MS }: PostgresDriverInit, patienceMs: number): Promise<PostgresDriver> {
    const shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * SHARED.count)
    const { port1, port2 } = new MessageChannel()
    const worker = new Worker(new URL('./connection-thread-node.ts', import.meta.url), {
      workerData: { url, schema, channel, shared, port: port2 } satisfies ThreadInit,
      transferList: [port2],
    })
    const driver = new PostgresDriver(worker, port1, new Int32Array(shared), answerMs)
    const opened = Promise.withResolvers<void>()
    let why = postgresError('08000', 'no answer')
    const timer = setTimeout(() => opened.reject(why), patienceMs)
    worker.on('message', (news: News) => {
      if (news.kind === 'connected') opened.resolve()
      if (news.kind === 'away') {
        why = postgresError(news.code, news.message)
        if (why.code === 'database-refused') opened.reject(why)
      }
      onNews(news)
    })
    worker.on('error', (cause) => {
      const fix = errorCode(cause) === 'ERR_MODULE_NOT_FOUND' ? '. It needs a package: npm install pg' : ''
      opened.reject(new DocstoreError('storage-failed', `The thread that talks with PostgreSQL did not start${fix}`, { cause }))
    })
    try {
      await opened.promise
      return driver
    } catch (error) {
      await driver.end()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Whether there is a connection. */
  get isConnected(): boolean {
    return Atomics.load(this.#numbers, SHARED.connection) !== 0
  }

  exec(sql: string): void {
    this.#run({ sql: inPostgres(sql), params: [] })
  }

  prepare(sql: string): SqlStatement {
    const text = inPostgres(sql)
    const name = `docstore_${++this.#names}`
    const order = (params: readonly SqlValue[]): Order => ({ sql: text, name, params })
    return {
      run: (...params) => this.#run(order(params)),
      get: (...params) => this.#ask(order(params))[0],
      all: (...params) => this.#ask(order(params)),
      each: (params, onRow) => this.#each({ sql: text, params }, onRow),
      finalize: () => {
        if (!this.#isClosed && this.isConnected && !this.#isInTransaction) this.exec(`DEALLOCATE ${name}`)
      },
    }
  }

  createFunction(): void {
    throw new DocstoreError('internal', 'PostgreSQL calls no functions of ours')
  }

  inTransaction(): boolean {
    return this.#isInTransaction
  }

  /** Who opened it ends it, and waits for that. */
  close(): void {}

  /** Ends the connection and its thread; resolves when both have ended. */
  async end(): Promise<void> {
    if (!this.#isClosed) this.#port.postMessage('end')
    this.#isClosed = true
    await this.#ended
    this.#port.close()
  }

  #run(order: Order): void {
    const verb = order.sql.slice(0, 8)
    if (verb.startsWith('BEGIN')) return this.#begin(order)
    if (verb.startsWith('ROLLBACK')) return this.#rollback()
    if (verb.startsWith('COMMIT')) return this.#commit(order)
    this.#add(order)
    if (!this.#isInTransaction || this.#waiting.length >= MAX_WAITING || this.#waitingLength >= MAX_WAITING_LENGTH) this.#flush()
  }

  #begin(order: Order): void {
    this.#waiting = []
    this.#waitingLength = 0
    this.#connection = undefined
    // Nothing is begun where nothing can come of it.
    this.#assertConnected()
    this.#isInTransaction = true
    this.#isSent = false
    this.#add(order)
  }

  #commit(order: Order): void {
    this.#add(order)
    this.#flush()
    this.#isInTransaction = false
    this.#connection = undefined
  }

  #rollback(): void {
    const wasSent = this.#isSent
    this.#waiting = []
    this.#waitingLength = 0
    this.#isInTransaction = false
    try {
      if (wasSent) this.#send([{ sql: 'ROLLBACK', params: [] }])
    } catch {
      // Then it ends with its connection, and what made it fail is the better error.
      this.#port.postMessage('drop')
    } finally {
      this.#connection = undefined
    }
  }

  #ask(order: Order): SqlRow[] {
    this.#add(order)
    const { names, rows } = this.#flush()
    return rows.map((values) => rowOf(names, values))
  }

  #each({ sql, params }: Order, onRow: (row: SqlRow) => boolean): void {
    const isOwn = !this.#isInTransaction
    const cursor = `docstore_cursor_${++this.#cursors}`
    if (isOwn) this.#begin({ sql: 'BEGIN', params: [] })
    try {
      this.#add({ sql: `DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`, params })
      for (let count = FIRST_ROWS, wanted = true; wanted; ) {
        this.#add({ sql: `FETCH ${count} FROM ${cursor}`, params: [] })
        const { names, rows } = this.#flush()
        wanted = rows.every((values) => onRow(rowOf(names, values))) && rows.length === count
        const length = rows.reduce((sum, values) => sum + lengthOf(values), 0)
        count = Math.max(1, Math.min(MOST_ROWS, count * 2, Math.floor((MAX_WAITING_LENGTH * rows.length) / Math.max(1, length))))
      }
      this.#add({ sql: `CLOSE ${cursor}`, params: [] })
      if (isOwn) this.#commit({ sql: 'COMMIT', params: [] })
    } catch (error) {
      if (isOwn) this.#rollback()
      throw error
    }
  }

  #add(order: Order): void {
    this.#waiting.push(order)
    this.#waitingLength += lengthOf(order.params)
  }

  /** Sends what waits, and gives the rows of the last of it. */
  #flush(): { readonly names: readonly string[]; readonly rows: readonly (readonly SqlValue[])[] } {
    const orders = this.#waiting
    this.#waiting = []
    this.#waitingLength = 0
    return this.#send(orders)
  }

  #send(orders: readonly Order[]): { readonly names: readonly string[]; readonly rows: readonly (readonly SqlValue[])[] } {
    this.#assertConnected()
    this.#isSent = true
    const id = (this.#lastId = (this.#lastId % 2 ** 30) + 1)
    const before = Atomics.load(this.#numbers, SHARED.answered)
    this.#port.postMessage({ id, connection: this.#connection, orders: orders.map(unshared) } satisfies Orders)
    const answer = this.#answerTo(id, before)
    if ('code' in answer) throw postgresError(answer.code, answer.message)
    if (this.#isInTransaction) this.#connection = answer.connection
    return answer
  }

  #answerTo(id: number, before: number): Answer {
    const until = performance.now() + this.#answerMs
    for (let seen = before; ; seen = Atomics.load(this.#numbers, SHARED.answered)) {
      const received = receiveMessageOnPort(this.#port)
      if (received?.message.id === id) return received.message
      // An answer to what nobody waited for any more.
      if (received !== undefined) continue
      const left = until - performance.now()
      if (left <= 0) {
        this.#port.postMessage('drop')
        throw postgresError('08006', 'the server does not answer')
      }
      Atomics.wait(this.#numbers, SHARED.answered, seen, left)
    }
  }

  #assertConnected(): void {
    if (this.#isClosed) throw new DocstoreError('storage-closed', 'The store was closed')
    if (!this.isConnected) throw postgresError('08003', 'no connection at present')
  }
}

function rowOf(names: readonly string[], values: readonly SqlValue[]): SqlRow {
  const row: Record<string, SqlValue> = {}
  for (let i = 0; i < names.length; i++) row[names[i] ?? ''] = values[i] ?? null
  return row
}

/** Bytes that are a part of something larger would take all of that along to the other thread. */
function unshared(order: Order): Order {
  return {
    ...order,
    params: order.params.map((value) => (value instanceof Uint8Array && value.byteLength < value.buffer.byteLength ? value.slice() : value)),
  }
}

function lengthOf(values: readonly SqlValue[]): number {
  let length = 0
  for (const value of values) if (value !== null && typeof value !== 'number') length += value.length
  return length
}
