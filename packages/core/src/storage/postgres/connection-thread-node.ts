/// <reference types="node" />
// The thread that talks with PostgreSQL, so that the one which stores can wait for an answer: `PostgresDriver` starts it.
import { parentPort, workerData } from 'node:worker_threads'
import pg from 'pg'
import type { SqlValue } from '../drivers/driver.ts'
import { type Answer, type News, type Order, type Orders, SHARED, type ThreadInit } from './messages.ts'

const { Client } = pg

/** How long a connection may take to be made, milliseconds. */
const CONNECT_MS = 5000
/** The longest that one statement may take, milliseconds: the longest step that we take is a page of 16 Mi characters. */
const STATEMENT_MS = 15_000
/** How long another process may hold what this one wants to write, milliseconds. */
const LOCK_MS = 5000
/** What a transaction of ours never stands still for, milliseconds: one that does has lost its process. */
const IDLE_MS = 30_000
/** Pauses between attempts to connect, milliseconds. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2000

/** Numbers of PostgreSQL's types that we store (pg_type.dat). */
const TYPES = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, float4: 700, float8: 701, numeric: 1700 } as const
const NUMBERS: readonly number[] = [TYPES.int8, TYPES.int2, TYPES.int4, TYPES.float4, TYPES.float8, TYPES.numeric]

if (parentPort === null) throw new Error('This is the program of a thread')
const owner = parentPort
const { url, schema, channel, shared, port } = workerData as ThreadInit
const numbers = new Int32Array(shared)
let client: InstanceType<typeof Client> | undefined
let connections = 0
const ending = new AbortController()
let wake: (() => void) | undefined

port.on('message', (orders: Orders | 'end' | 'drop') => {
  if (orders === 'end') void end()
  // Nobody waits for it any more: whatever it was doing must not be done later.
  else if (orders === 'drop') lose('08006', 'the answer took too long')
  else void answer(orders)
})
void stayConnected()

function tell(news: News): void {
  owner.postMessage(news)
}

async function stayConnected(): Promise<void> {
  for (let pause = FIRST_PAUSE_MS; !ending.signal.aborted; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
    try {
      const { ended } = await connect()
      pause = FIRST_PAUSE_MS
      await ended
    } catch (error) {
      tell({ kind: 'away', ...said(error) })
    }
    if (!ending.signal.aborted) await new Promise<void>((done) => setTimeout((wake = done), pause))
  }
}

/** Resolves when there is a connection, with what resolves when it has ended. */
async function connect(): Promise<{ readonly ended: Promise<void> }> {
  const next = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'docstore',
    pipeline: true,
    types: { getTypeParser: parserOf },
  })
  const ended = new Promise<void>((done) => {
    next.on('end', done)
    next.on('error', (error) => {
      if (client === next) lose(said(error).code, said(error).message)
      done()
    })
  })
  next.on('notification', ({ payload }) => tell({ kind: 'heard', text: payload ?? '' }))
  let hears = true
  try {
    await next.connect()
    // One after another: some engines know not all of these, and go on without.
    await next.query(`SET search_path TO ${next.escapeIdentifier(schema)}`)
    for (const setting of [`statement_timeout = ${STATEMENT_MS}`, `lock_timeout = ${LOCK_MS}`, `idle_in_transaction_session_timeout = ${IDLE_MS}`])
      await next.query(`SET ${setting}`).catch(() => undefined)
    await next.query(`LISTEN ${next.escapeIdentifier(channel)}`).catch(() => (hears = false))
  } catch (error) {
    await next.end().catch(() => undefined)
    throw error
  }
  client = next
  connections++
  Atomics.store(numbers, SHARED.connection, connections)
  tell({ kind: 'connected', connection: connections, hears })
  return { ended }
}

/** Ends the connection: what is under way fails. */
function lose(code: string, message: string): void {
  const lost = client
  client = undefined
  Atomics.store(numbers, SHARED.connection, 0)
  if (lost === undefined) return
  tell({ kind: 'away', code, message })
  // Without a word: a server that does not answer would not answer that either.
  ;(lost as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
}

async function answer({ id, connection, orders }: Orders): Promise<void> {
  let reply: Answer
  try {
    reply = { id, ...(await run(connection, orders)) }
  } catch (error) {
    reply = { id, ...said(error) }
  }
  port.postMessage(reply)
  Atomics.store(numbers, SHARED.answered, id)
  Atomics.notify(numbers, SHARED.answered)
}

async function run(
  connection: number | undefined,
  orders: readonly Order[],
): Promise<{ connection: number; names: readonly string[]; rows: readonly (readonly SqlValue[])[] }> {
  const now = client
  const number = connections
  // What was begun on a connection that is gone has been rolled back.
  if (now === undefined || (connection !== undefined && connection !== number))
    throw Object.assign(new Error('there is no connection'), { code: '08003' })
  const results = await Promise.allSettled(
    orders.map(({ sql, name, params }) =>
      now.query({ text: sql, values: params.map(bound), rowMode: 'array', ...(name === undefined ? {} : { name }) }),
    ),
  )
  // The first is the reason; those after it in the transaction only say that it had failed.
  for (const result of results) if (result.status === 'rejected') throw result.reason
  const settled = results.at(-1)
  // Several statements in one text give a list of results.
  const last = settled?.status === 'fulfilled' ? [settled.value].flat().at(-1) : undefined
  // The end of a transaction in which a statement failed is no error to PostgreSQL, which rolls back then.
  if (orders.at(-1)?.sql === 'COMMIT' && last?.command !== 'COMMIT') throw Object.assign(new Error('the transaction had failed'), { code: '25P02' })
  return { connection: number, names: last?.fields.map(({ name }) => name) ?? [], rows: (last?.rows ?? []) as unknown as SqlValue[][] }
}

function bound(value: SqlValue): SqlValue | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value
}

function parserOf(type: number): (text: string) => unknown {
  if (type === TYPES.bytea) return bytesOf
  if (NUMBERS.includes(type)) return Number
  // As SQLite has it.
  if (type === TYPES.bool) return (text) => (text === 't' ? 1 : 0)
  return (text) => text
}

/** Bytes from `\x…`, in a buffer of their own: those of Node's pool would travel and stay with all that lies beside them. */
function bytesOf(text: string): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow((text.length - 2) / 2)
  bytes.write(text.slice(2), 'hex')
  return bytes
}

function said(error: unknown): { readonly code: string; readonly message: string } {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '08000'
  return { code, message: message === '' ? code : message }
}

async function end(): Promise<void> {
  ending.abort()
  wake?.()
  const last = client
  client = undefined
  Atomics.store(numbers, SHARED.connection, 0)
  await last?.end().catch(() => undefined)
  port.close()
}
