import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startRelay } from '@p2p-docstore/relay'
import { createDocstore } from 'p2p-docstore'
import type { Figures } from './local.ts'

const DOCUMENTS = 200_000
/** Filters at once, each of another address, as a proxy would tell it. */
const READERS = 50
/** Writes whose way to another client is measured, and the pause between two of them, milliseconds. */
const WRITES = 150
const PAUSE_MS = 30
/** How long a reader that was refused waits, milliseconds: far less than it was told. */
const AGAIN_MS = 200

/** A relay with documents in this process, until its standard input ends. */
export async function serveDocuments(): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'docstore-bench-'))
  const relay = await startRelay({ data, port: 0 })
  try {
    const namespace = await relay.store.namespaces.create({ name: 'bench', write: 'anyone' })
    const documents = Array.from({ length: DOCUMENTS }, (_, n) => ({ _id: `d${n}`, n, town: `t${n % 1000}`, text: 'x'.repeat(200) }))
    await namespace.putMany(documents)
    console.log(JSON.stringify({ http: relay.ready.http, join: relay.ready.join, ns: namespace.id }))
    process.stdin.resume()
    await once(process.stdin, 'end')
  } finally {
    await relay.close()
    rmSync(data, { recursive: true, force: true })
  }
}

/** What clients of a relay notice of others that ask it for filters without an index: alone first, then beside them. */
export async function measureBesideQueries(): Promise<Figures> {
  const program = fileURLToPath(new URL('./measure.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@p2p-docstore/source', '--no-warnings', program, 'documents-served'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    const [line]: unknown[] = await once(createInterface({ input: child.stdout }), 'line')
    const { http, join: link, ns } = JSON.parse(String(line)) as { http: string; join: string; ns: string }
    const alone = await watched(link, http)
    const readers = new Readers(http, ns)
    const beside = await watched(link, http)
    const { answered, refused, late, failed } = await readers.end()
    return {
      'put to seen, alone, ms p95': alone.seen,
      'put to seen, beside 50 filters, ms p95': beside.seen,
      'health, alone, ms p95': alone.health,
      'health, beside 50 filters, ms p95': beside.health,
      'filters answered': answered,
      'filters refused, to ask again': refused,
      'filters ended by their limits': late,
      'filters that failed otherwise': failed,
    }
  } finally {
    child.stdin.end()
    await once(child, 'exit')
  }
}

/** 95th percentiles of the time from one client's put to another one's change, and of `GET /health`. */
async function watched(link: string, http: string): Promise<{ readonly seen: number; readonly health: number }> {
  const [writer, reader] = await Promise.all([0, 1].map(() => createDocstore({ data: 'memory', join: link })))
  if (writer === undefined || reader === undefined) throw new Error('No clients')
  try {
    for (const store of [writer, reader]) await store.network?.connected({ timeoutMs: 60_000 })
    const own = await writer.namespaces.create({ name: 'watched', write: 'anyone' })
    const theirs = await reader.namespaces.open(own.id)
    const seen = new Map<string, () => void>()
    const changes = theirs.changes({ since: 0 })
    const following = (async () => {
      for await (const change of changes) if (seen.get(change._id)?.() === undefined && change._id === 'end') return
    })()
    const times: number[] = []
    const health: number[] = []
    for (let n = 0; n <= WRITES; n++) {
      const id = n === WRITES ? 'end' : `w${n}`
      const arrived = new Promise<void>((done) => seen.set(id, done))
      const began = performance.now()
      await own.put({ _id: id, n })
      await arrived
      // The first ones find the namespace.
      if (n >= 5) times.push(performance.now() - began)
      const asked = performance.now()
      await (await fetch(`${http}/health`)).text()
      health.push(performance.now() - asked)
      await new Promise((done) => setTimeout(done, PAUSE_MS))
    }
    await following
    return { seen: p95(times), health: p95(health) }
  } finally {
    await Promise.all([writer.close(), reader.close()])
  }
}

/** Those who ask, each again as soon as it has its answer. */
class Readers {
  readonly #end = new AbortController()
  readonly #all: Promise<unknown>
  readonly #counts = { answered: 0, refused: 0, late: 0, failed: 0 }

  constructor(http: string, ns: string) {
    this.#all = Promise.all(Array.from({ length: READERS }, (_, n) => this.#read(`${http}/ns/${ns}/docs`, n)))
  }

  async #read(url: string, n: number): Promise<void> {
    for (let round = 0; !this.#end.signal.aborted; round++) {
      const filter = encodeURIComponent(JSON.stringify({ town: `none${n}-${round}` }))
      try {
        const response = await fetch(`${url}?filter=${filter}`, { signal: this.#end.signal, headers: { 'x-forwarded-for': `10.0.0.${n}` } })
        const text = await response.text()
        if (response.ok) this.#counts.answered++
        else if (text.includes('too-slow')) this.#counts.late++
        else if (response.headers.has('retry-after')) this.#counts.refused++
        else this.#counts.failed++
        if (!response.ok) await new Promise((done) => setTimeout(done, AGAIN_MS))
      } catch {
        if (!this.#end.signal.aborted) this.#counts.failed++
      }
    }
  }

  async end(): Promise<Readonly<Record<'answered' | 'refused' | 'late' | 'failed', number>>> {
    this.#end.abort()
    await this.#all
    return this.#counts
  }
}

function p95(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN
}
