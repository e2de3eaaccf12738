import { afterEach, describe, expect, it } from 'vitest'
import type { Docstore } from '../store/docstore.ts'
import type { Namespace } from '../store/namespace.ts'

/** How long a fact may take to come about on a loaded machine. */
const PATIENCE = { timeout: 20_000 }

/** What a platform brings to the contract. */
export interface SharingPlatform {
  /** Opens a store on the data of the running test, as another program or tab does. */
  readonly open: (options: { readonly network: 'on' | 'off' }) => Promise<Docstore>
  /** Removes that data. All stores are closed. */
  readonly cleanup: () => Promise<void>
}

/** What has to hold wherever several programs or tabs share data. */
export function sharingContract(name: string, platform: () => SharingPlatform): void {
  describe(`data that is shared: ${name}`, () => {
    let current: SharingPlatform | undefined
    const stores: Docstore[] = []

    async function open(network: 'on' | 'off' = 'off'): Promise<Docstore> {
      current ??= platform()
      const store = await current.open({ network })
      stores.push(store)
      return store
    }

    afterEach(async () => {
      const ended = current
      current = undefined
      for (const store of stores.splice(0).toReversed()) await store.close()
      await ended?.cleanup()
    })

    it('is there again after closing, with the same identity', async () => {
      const store = await open()
      const { id } = await store.namespaces.create({ name: 'notes' })
      await (await store.namespaces.open(id)).put({ _id: 'a', n: 1 })
      await store.close()
      const again = await open()
      expect(again.info.identity).toBe(store.info.identity)
      expect(await (await again.namespaces.open(id)).get('a')).toEqual({ _id: 'a', n: 1 })
    })

    it('has files that each store puts and reads, also while the owner changes', async () => {
      const owner = await open()
      const second = await open()
      const { id } = await owner.namespaces.create({ name: 'notes' })
      const bytes = new Uint8Array(3 * 1024 * 1024).map((_, i) => (i >> 10) + i)
      const closed = Promise.withResolvers<void>()
      async function* slowly(): AsyncGenerator<Uint8Array> {
        yield bytes.subarray(0, 2_000_000)
        await closed.promise
        yield bytes.subarray(2_000_000)
      }
      const there = await second.namespaces.open(id)
      const putting = there.putFile(slowly(), {
        name: 'a',
        onProgress: ({ bytes: stored }) => {
          // In the middle of it, and once.
          if (stored === 1024 * 1024) owner.close().then(closed.resolve, closed.reject)
        },
      })
      const { cid } = await putting
      expect(second.isOwner).toBe(true)
      const third = await open()
      const file = await (await third.namespaces.open(id)).getFile(cid)
      const read = (await file?.bytes()) ?? new Uint8Array()
      expect(read.length === bytes.length && read.every((byte, i) => byte === bytes[i])).toBe(true)
      expect(await (await third.namespaces.open(id)).listFiles()).toEqual([{ cid, name: 'a', type: undefined, bytes: bytes.length, here: true }])
      expect((await file?.blob())?.size).toBe(bytes.length)
    })

    it('serves a second store through the first, live and with the same errors', async () => {
      const owner = await open()
      const second = await open()
      expect([owner.isOwner, second.isOwner]).toEqual([true, false])
      const notes = await second.namespaces.create({ name: 'shared' })
      await notes.put({ _id: 'a', n: 1 })
      const ownNotes = await owner.namespaces.open(notes.id)
      expect(await ownNotes.get('a')).toEqual({ _id: 'a', n: 1 })
      const changes = notes.changes()
      await notes.put({ _id: 'b', n: 2 })
      await ownNotes.put({ _id: 'c', n: 2 })
      expect((await changes.next()).value).toMatchObject({ type: 'put', _id: 'b' })
      expect((await changes.next()).value).toMatchObject({ type: 'put', _id: 'c' })
      await changes.return(undefined)
      await expect(notes.put({ n: Number.NaN })).rejects.toMatchObject({ code: 'bad-document' })
      await expect(notes.find({ $bad: 1 }).toArray()).rejects.toMatchObject({ code: 'bad-filter' })
    })

    it('has one text that two change at once, and a log that both add to', async () => {
      const owner = await open()
      const second = await open()
      const { id } = await owner.namespaces.create({ name: 'club', types: { texts: 'crdt', chat: 'log' } })
      const [one, other] = [await owner.namespaces.open(id), await second.namespaces.open(id)]
      const [a, b] = [await one.collection('texts').openCrdt('plan'), await other.collection('texts').openCrdt('plan')]
      a.doc.getText('text').insert(0, 'Meet ')
      b.doc.getText('text').insert(0, 'at noon ')
      await Promise.all([a.saved(), b.saved()])
      const text = (shared: typeof a): string => shared.doc.getText('text').toJSON()
      await expect.poll(() => text(a), PATIENCE).toMatch(/^(Meet at noon |at noon Meet )$/)
      await expect.poll(() => text(b), PATIENCE).toBe(text(a))
      await Promise.all([a.destroy(), b.destroy()])
      expect(await other.collection('texts').get('plan')).toEqual({ _id: 'plan', text: text(a) })
      for (const [n, chat] of [one, other, one].entries()) await chat.collection('chat').put({ n })
      expect((await other.collection('chat').find().toArray()).map(({ n }) => n)).toEqual([0, 1, 2])
    })

    it('gives results of one moment while the owner changes what they are sorted by, to both', { timeout: 60_000 }, async () => {
      const owner = await open()
      const second = await open()
      const scores = await owner.namespaces.create({ name: 'scores' })
      const swapping = await Swapping.start(scores)
      const expected = swapping.scores.toSorted((a, b) => b - a)
      for (const store of [second, owner]) {
        const notes = await store.namespaces.open(scores.id)
        const found = notes.find({}, { sort: { score: -1 } })
        for (let i = 0; i < 10; i++) expect((await found.toArray()).map(({ score }) => score)).toEqual(expected)
        const looped: unknown[] = []
        for await (const { score } of found) looped.push(score)
        expect(looped).toEqual(expected)
        let shown = 0
        for await (const { documents } of notes.watch({}, { sort: { score: -1 } })) {
          expect(documents.map(({ score }) => score)).toEqual(expected)
          if (++shown === 5) break
        }
      }
      await swapping.stop()
      expect(swapping.count).toBeGreaterThan(20)
    })

    it('tells who reads through an owner that ends, or begins again where nobody has seen anything yet', async () => {
      const owner = await open()
      const second = await open()
      const scores = await owner.namespaces.create({ name: 'scores' })
      const swapping = await Swapping.start(scores)
      await swapping.stop()
      const found = (await second.namespaces.open(scores.id)).find({}, { sort: { score: 1 } })
      const loop = found[Symbol.asyncIterator]()
      await loop.next()
      const all = found.toArray()
      await owner.close()
      expect((await all).map(({ score }) => score)).toEqual(swapping.scores)
      const rest = async (): Promise<unknown> => {
        for (let next = await loop.next(); next.done !== true; ) next = await loop.next()
        return undefined
      }
      await expect(rest()).rejects.toMatchObject({ code: 'reading-ended' })
    })

    it('goes on telling when a document matches no more after its owner has ended', async () => {
      const owner = await open()
      const second = await open()
      const notes = (await second.namespaces.create({ name: 'shared' })).collection('notes')
      await notes.putMany([
        { _id: 'a', n: 1 },
        { _id: 'b', n: 1 },
        { _id: 'c', n: 9 },
      ])
      const changes = notes.changes({ filter: { n: 1 } })
      await notes.put({ _id: 'a', n: 2 })
      expect((await changes.next()).value).toMatchObject({ type: 'leave', _id: 'a' })
      await owner.close()
      await notes.put({ _id: 'c', n: 8 })
      await notes.put({ _id: 'b', n: 3 })
      // Nobody remembers whether the other one matched; this one must be told.
      let last = await changes.next()
      while (last.value?._id !== 'b') last = await changes.next()
      expect(last.value).toMatchObject({ type: 'leave', document: undefined })
      await changes.return(undefined)
    })

    it('goes on in another store when the one that held the data ends, calls and feeds alike', async () => {
      const owner = await open()
      const second = await open()
      const third = await open()
      const notes = await second.namespaces.create({ name: 'shared' })
      const feed = (await third.namespaces.open(notes.id)).changes({ since: 0 })[Symbol.asyncIterator]()
      await notes.put({ _id: 'a' })
      expect((await feed.next()).value).toMatchObject({ _id: 'a' })
      const next = feed.next()
      await owner.close()
      await notes.put({ _id: 'b' })
      expect((await next).value).toMatchObject({ _id: 'b' })
      await second.close()
      expect((await third.namespaces.list()).map(({ name }) => name)).toEqual(['shared'])
      expect(await (await third.namespaces.open(notes.id)).count()).toBe(2)
    })

    it('has one owner at any time, and tells the others when it has changed', async () => {
      const first = await open()
      const others = [await open(), await open(), await open()]
      const changed = others.map((store) => new Promise<boolean>((resolve) => store.on('owner', resolve)))
      await first.close()
      expect((await Promise.all(changed)).filter((isOwner) => isOwner)).toHaveLength(1)
      expect(others.filter(({ isOwner }) => isOwner)).toHaveLength(1)
    })

    it('is handed over to a store that connects, and the first goes on working through that one', async () => {
      const first = await open()
      const notes = await first.namespaces.create({ name: 'shared' })
      const connected = await open('on')
      expect(connected.libp2p).toBeDefined()
      await notes.put({ _id: 'a' })
      expect(await (await connected.namespaces.open(notes.id)).get('a')).toEqual({ _id: 'a' })
    })

    it('loses no write and makes none twice while owners end during it, one after another', { timeout: 60_000 }, async () => {
      const opened = [await open(), await open(), await open(), await open(), await open()]
      const { id } = await (opened[0] ?? fail()).namespaces.create({ name: 'shared' })
      const before = await (opened[0] ?? fail()).replica.lastSeq(id)
      const running = new Set(await Promise.all(opened.map((store, i) => Writing.start(store, id, `writer-${i}`))))
      const acknowledged = (): string[] => [...running, ...ended].flatMap(({ written }) => written).toSorted()
      const ended: Writing[] = []
      const moreWrites = async (): Promise<void> => {
        const before = acknowledged().length
        await expect.poll(() => acknowledged().length, PATIENCE).toBeGreaterThan(before + 20)
      }
      while (running.size > 1) {
        await moreWrites()
        const owning = [...running].find(({ store }) => store.isOwner)
        // It may just be changing.
        if (owning === undefined) continue
        running.delete(owning)
        ended.push(owning)
        await owning.stop()
        // Cuts off what the others have under way.
        await owning.close()
      }
      await moreWrites()
      const [last = fail()] = running
      await last.stop()
      const stored = await (await last.store.namespaces.open(id)).find().toArray()
      expect(stored.map(({ _id }) => _id).toSorted()).toEqual(acknowledged())
      // Each version takes one position.
      expect(await last.store.replica.lastSeq(id)).toBe(before + acknowledged().length)
      await expect.poll(() => last.seen.length, PATIENCE).toBe(acknowledged().length)
      expect(last.seen.toSorted()).toEqual(acknowledged())
      await last.close()
    })

    it('keeps five fields that five stores set at once, and lets one of them through where all expect the same version', async () => {
      const stores = [await open(), await open(), await open(), await open(), await open()]
      const [first = fail()] = stores
      const { id } = await first.namespaces.create({ name: 'shared' })
      const notes = await Promise.all(stores.map((store) => store.namespaces.open(id)))
      const [own = fail()] = notes
      await own.put({ _id: 'order', n: 0 })
      await Promise.all(notes.map((one, i) => one.update('order', { $set: { [`f${i}`]: i }, $inc: { n: 1 } })))
      const found = await own.get('order', { meta: true })
      expect(found?.document).toEqual({ _id: 'order', n: 5, f0: 0, f1: 1, f2: 2, f3: 3, f4: 4 })
      const all = await Promise.allSettled(notes.map((one, i) => one.put({ _id: 'order', winner: i }, { if: found?.cid })))
      const winner = all.findIndex(({ status }) => status === 'fulfilled')
      expect(await own.get('order')).toEqual({ _id: 'order', winner })
      expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(4)
      for (const one of all)
        if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'conflict', details: { document: { _id: 'order', winner } } })
    })

    it('counts every update once while owners end during them, one after another', { timeout: 60_000 }, async () => {
      const stores = [await open(), await open(), await open(), await open()]
      const [first = fail()] = stores
      const { id } = await first.namespaces.create({ name: 'shared' })
      await (await first.namespaces.open(id)).put({ _id: 'count', n: 0 })
      const running = new Map(await Promise.all(stores.map(async (store) => [store, await Counting.start(store, id)] as const)))
      let counted = 0
      while (running.size > 0) {
        const before = [...running.values()].map(({ count }) => count)
        await expect.poll(() => [...running.values()].every(({ count }, i) => count > (before[i] ?? 0) + 10), PATIENCE).toBe(true)
        const [store = fail(), counting = fail()] = [...running].find(([one]) => one.isOwner) ?? [...running][0] ?? []
        running.delete(store)
        await counting.stop()
        counted += counting.count
        if (running.size > 0) await store.close()
        else expect(await (await store.namespaces.open(id)).get('count')).toEqual({ _id: 'count', n: counted })
      }
    })

    it('makes one namespace of a call during which the owner ends', async () => {
      const owner = await open()
      const second = await open()
      const creating = Array.from({ length: 20 }, (_, i) => second.namespaces.create({ name: `n${i}` }))
      await owner.close()
      const created = await Promise.all(creating)
      const listed = await second.namespaces.list()
      expect(listed.map(({ id }) => id).toSorted()).toEqual(created.map(({ id }) => id).toSorted())
    })
  })
}

/** Documents with scores of which two are swapped at a time, in one transaction, without a pause: at every moment the scores are the same. */
class Swapping {
  readonly scores: readonly number[] = Array.from({ length: 2000 }, (_, n) => n)
  /** Swaps so far. */
  count = 0
  readonly #notes: Namespace
  #isStopped = false
  #swapping: Promise<void> | undefined

  private constructor(notes: Namespace) {
    this.#notes = notes
  }

  static async start(notes: Namespace): Promise<Swapping> {
    const swapping = new Swapping(notes)
    await notes.putMany(swapping.scores.map((score) => ({ _id: `p${score}`, score })))
    swapping.#swapping = swapping.#swap()
    return swapping
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#swapping
  }

  async #swap(): Promise<void> {
    const current = [...this.scores]
    for (let seed = 1; !this.#isStopped; this.count++) {
      // A linear congruence is random enough, and the same every time.
      seed = (seed * 48_271) % 2_147_483_647
      const [a, b] = [seed % current.length, (seed >> 8) % current.length]
      if (a === b) continue
      ;[current[a], current[b]] = [current[b] ?? 0, current[a] ?? 0]
      await this.#notes.putMany([a, b].map((n) => ({ _id: `p${n}`, score: current[n] })))
      // Others get a turn: messages of a line have to arrive.
      await new Promise((resolve) => setTimeout(resolve))
    }
  }
}

/** A store that writes one document after the other, and follows all changes. */
class Writing {
  readonly store: Docstore
  /** Ids that were acknowledged here. */
  readonly written: string[] = []
  /** Ids in changes that were seen here. */
  readonly seen: string[] = []
  readonly #notes: Namespace
  #isStopped = false
  #writing: Promise<void> | undefined
  #following: Promise<void> | undefined

  private constructor(store: Docstore, notes: Namespace) {
    this.store = store
    this.#notes = notes
  }

  static async start(store: Docstore, ns: string, name: string): Promise<Writing> {
    const writing = new Writing(store, await store.namespaces.open(ns))
    writing.#writing = writing.#write(name)
    // Ends with the store.
    writing.#following = writing.#follow()
    return writing
  }

  /** Resolves when its last write is acknowledged. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#writing
  }

  async close(): Promise<void> {
    await this.store.close()
    await this.#following
  }

  async #write(name: string): Promise<void> {
    for (let i = 0; !this.#isStopped; i++) {
      await this.#notes.put({ _id: `${name}/${i}` })
      this.written.push(`${name}/${i}`)
      // A turn for everybody else: the owner of a folder writes without any.
      await new Promise((resolve) => setTimeout(resolve))
    }
  }

  async #follow(): Promise<void> {
    for await (const { _id } of this.#notes.changes({ since: 0 })) this.seen.push(_id)
  }
}

/** A store that counts one document up, one update after the other. */
class Counting {
  count = 0
  readonly #notes: Namespace
  #isStopped = false
  #counting: Promise<void> | undefined

  private constructor(notes: Namespace) {
    this.#notes = notes
  }

  static async start(store: Docstore, ns: string): Promise<Counting> {
    const counting = new Counting(await store.namespaces.open(ns))
    counting.#counting = counting.#count()
    return counting
  }

  /** Resolves when its last update is acknowledged. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#counting
  }

  async #count(): Promise<void> {
    while (!this.#isStopped) {
      await this.#notes.update('count', { $inc: { n: 1 } })
      this.count++
      // A turn for everybody else: the owner of a folder writes without any.
      await new Promise((resolve) => setTimeout(resolve))
    }
  }
}

function fail(): never {
  throw new Error('There is none')
}
