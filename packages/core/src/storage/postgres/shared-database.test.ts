import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createNetwork } from '../../model/network/network.ts'
import type { LocalReplica } from '../../replica/local-replica.ts'
import { openReplica } from '../../replica/open-replica.ts'
import { addNamespace, put } from '../../testing/storage/fixtures.ts'
import { newPostgres, type PostgresServer, postgresPrograms } from '../../testing/postgres/server.ts'
import { openPostgresStorage, parseDatabaseUrl } from './open-postgres.ts'
import { openNodeStorage } from '../open-node.ts'
import { PostgresDriver } from './postgres-driver.ts'

function isInPlace(storage: { isInPlace(): boolean }): boolean {
  try {
    return storage.isInPlace()
  } catch {
    return false
  }
}

const NETWORK = createNetwork('test').bytes

describe.skipIf(postgresPrograms() === undefined)('processes on one database', () => {
  let server: PostgresServer
  let schemas = 0

  beforeAll(async () => {
    server = await newPostgres({ isFlushed: true })
    await server.start()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const address = (): string => `${server.url}&schema=shared${++schemas}`

  /** A process: keys of its own, in memory, and documents in the database. */
  async function open(database: string): Promise<LocalReplica & AsyncDisposable> {
    const storage = await openPostgresStorage(database, { own: openNodeStorage(':memory:') })
    const replica = await openReplica(storage, { network: NETWORK })
    return Object.assign(replica, { [Symbol.asyncDispose]: () => replica.close() })
  }

  const texts = (from: number, count: number, name: string): { id: string; content: string }[] =>
    Array.from({ length: count }, (_, i) => ({ id: `${name}${from + i}`, content: JSON.stringify({ _id: `${name}${from + i}` }) }))

  async function write(replica: LocalReplica, ns: string, documents: readonly { id: string; content: string }[]): Promise<void> {
    await replica.write(
      ns,
      'docs',
      documents.map(({ id, content }) => ({ id, content })),
    )
  }

  it('are of one network where they begin at the same moment on an empty database', async () => {
    const database = address()
    const storages = await Promise.all([0, 1, 2].map(() => openPostgresStorage(database, { own: openNodeStorage(':memory:') })))
    const replicas = await Promise.all(storages.map((storage) => openReplica(storage)))
    const networks = await Promise.all(replicas.map(async (replica) => (await replica.info()).network.id))
    expect(new Set(networks).size).toBe(1)
    for (const replica of replicas) await replica.close()
  })

  it('write one namespace side by side: nothing is lost, sums are right, and each hears of the other', async () => {
    const database = address()
    await using first = await open(database)
    await using second = await open(database)
    const heard: string[] = []
    second.onCommit(({ namespace }) => heard.push(namespace))
    const { id } = await first.createNamespace({ name: 'notes', write: 'anyone' })
    await expect.poll(() => second.namespaceIds()).toContain(id)
    heard.length = 0
    for (let from = 0; from < 60; from += 20)
      await Promise.all([write(first, id, texts(from, 20, 'a')), write(second, id, texts(from, 20, 'b')), write(first, id, texts(from, 1, 'c'))])
    const roots = async (): Promise<unknown[]> =>
      [await first.summary(id), await second.summary(id)].map(({ root, documents }) => ({ root, documents }))
    await expect
      .poll(async () => (await roots()).map((one) => JSON.stringify(one)))
      .toEqual(Array(2).fill(expect.stringContaining('"documents":123')))
    expect((await roots())[0]).toEqual((await roots())[1])
    expect(await second.get(id, 'docs', 'a59')).toBe('{"_id":"a59"}')
    await expect.poll(() => heard).toContain(id)
    expect(await first.checkStorage()).toEqual({ damage: [], isRepaired: false })
  })

  it('agree on the head that one of them wrote', async () => {
    const database = address()
    await using first = await open(database)
    await using second = await open(database)
    const { id } = await first.createNamespace({ name: 'before', write: 'owner' })
    await expect.poll(() => second.namespaceIds()).toContain(id)
    await first.changeHead(id, { title: 'after' })
    await expect.poll(async () => (await second.namespace(id))?.name).toBe('after')
  })

  it('are of one network, which one that comes without takes over', async () => {
    const database = address()
    await using first = await open(database)
    const other = { network: createNetwork('other').bytes }
    const own = openNodeStorage(':memory:')
    const storage = await openPostgresStorage(database, { own })
    await expect(openReplica(storage, other)).rejects.toMatchObject({ code: 'other-network' })
    await storage.close()
    const third = await openReplica(await openPostgresStorage(database, { own: openNodeStorage(':memory:') }))
    expect((await third.info()).network.id).toBe((await first.info()).network.id)
    await third.close()
  })

  it('begin on an empty database at once', async () => {
    const database = address()
    const all = await Promise.all([1, 2, 3].map(() => openPostgresStorage(database)))
    await Promise.all(all.map((storage) => storage.close()))
  })

  it('cannot have one name, until the other has gone', async () => {
    const database = address()
    const first = await openPostgresStorage(database)
    const second = await openPostgresStorage(database)
    await first.claim('peer')
    await expect(second.claim('peer')).rejects.toMatchObject({ code: 'data-in-use' })
    await second.claim('other')
    await first.close()
    await second.claim('peer')
    await second.close()
  })

  it('lose nothing that was acknowledged where the server is killed, and go on by themselves when it is back', async () => {
    const storage = await openPostgresStorage(address())
    const ns = await addNamespace(storage)
    const acknowledged: string[] = []
    const refusals = new Set<string>()
    const over = new AbortController()
    const writing = (async () => {
      for (let i = 0; !over.signal.aborted; i++) {
        try {
          storage.commit(ns, [put({ id: `d${i}` })])
          acknowledged.push(`d${i}`)
        } catch (error) {
          refusals.add((error as { code: string }).code)
        }
        await new Promise((done) => setImmediate(done))
      }
    })()
    await expect.poll(() => acknowledged.length, { interval: 5 }).toBeGreaterThan(20)
    await server.stop('SIGKILL')
    await expect.poll(() => refusals.size, { interval: 5 }).toBeGreaterThan(0)
    expect(() => storage.isInPlace()).toThrow(expect.objectContaining({ code: 'database-away' }))
    const before = acknowledged.length
    await server.start()
    await expect.poll(() => acknowledged.length, { interval: 5 }).toBeGreaterThan(before)
    over.abort()
    await writing
    expect([...refusals]).toEqual(['database-away'])
    for (const id of acknowledged) expect(storage.get(ns, 'cities', id)).toBeDefined()
    expect(storage.recount(ns)).toBe(true)
    await storage.close()
  })

  it('are told where their connection ends or stands still, and what was under way is undone', async () => {
    const database = address()
    const storage = await openPostgresStorage(database, { answerMs: 5000 })
    const ns = await addNamespace(storage)
    const other = await PostgresDriver.open({ ...parseDatabaseUrl(database), onNews: () => undefined }, 10_000)
    const pids = other.prepare("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'docstore'")
    const away = expect.objectContaining({ code: 'database-away' })
    /** A commit in the middle of which something happens to its connection. */
    const commit = (happens: (pid: number) => void): void => {
      const last = put({ id: 'last' })
      const build: typeof last.build = (...held) => {
        for (const { pid } of pids.all()) happens(Number(pid))
        return last.build(...held)
      }
      expect(() => storage.commit(ns, [put({ id: 'first' }), { ...last, build }])).toThrow(away)
      expect(() => storage.isInPlace()).toThrow(away)
    }
    // Also where the very first step of a transaction fails.
    other.exec('BEGIN')
    expect(() => other.prepare('SELECT 1 / 0').get()).toThrow(expect.objectContaining({ code: 'storage-failed' }))
    other.exec('ROLLBACK')
    expect(other.prepare('SELECT 1 AS one').get()).toEqual({ one: 1 })
    const isBack = (): Promise<void> => expect.poll(() => isInPlace(storage), { interval: 20 }).toBe(true)
    const kill = other.prepare('SELECT pg_terminate_backend(?)')
    commit((pid) => kill.all(pid))
    await isBack()
    expect(storage.get(ns, 'cities', 'first')).toBeUndefined()
    const stopped: number[] = []
    commit((pid) => {
      stopped.push(pid)
      process.kill(pid, 'SIGSTOP')
    })
    for (const pid of stopped) process.kill(pid, 'SIGCONT')
    await isBack()
    expect(storage.commit(ns, [put({ id: 'first' })])).toHaveLength(1)
    expect(storage.recount(ns)).toBe(true)
    await other.end()
    await storage.close()
  })

  it('begin when the server does, and say what is wrong with an address', async () => {
    const database = address()
    await server.stop('SIGINT')
    await expect(openPostgresStorage(database, { patienceMs: 300 })).rejects.toMatchObject({ code: 'database-away' })
    const opening = openPostgresStorage(database, { patienceMs: 30_000 })
    await server.start()
    await (await opening).close()
    await expect(openPostgresStorage(database.replace('/postgres?', '/none?'))).rejects.toMatchObject({ code: 'database-refused' })
    await expect(openPostgresStorage('https://example.org')).rejects.toMatchObject({ code: 'bad-url' })
  })
})
