import { sha256 } from '#crypto'
import { errorCode } from '../../../errors.ts'
import type { FileKey } from '../../../files/file-cid.ts'
import { fileNamedBy } from '../../../files/named-file.ts'
import { type Batch, decodeBatch, encodeBatch, type WireRecord } from '../../../model/batch.ts'
import { equalBytes, fromUtf8, toHex } from '../../../model/bytes.ts'
import { msFromTime } from '../../../model/clock.ts'
import { decodeCbor, encodeCbor, isBytes, isUint } from '../../../model/encoding/cbor.ts'
import { keyOf, personOf, principalOf } from '../../../model/people/author.ts'
import { editSlotOf, keyHash, slotOf, splitKey } from '../../../model/record.ts'
import { isOfAuthors } from '../../../model/types/collection-type.ts'
import { isMapBase } from '../../../model/types/map-base.ts'
import { typeOf } from '../../../model/types/type-of.ts'
import type { StoredRecord } from '../../../storage/storage.ts'
import { BatchBuilder } from '../../exchange/outgoing.ts'
import { Sealing } from '../../exchange/sealing.ts'
import type { ReplicaGround } from '../../ground.ts'
import { ASIDE_BATCH_BYTES, MAX_ASIDE_BYTES, TOMBSTONE_LIFE_MS } from '../../limits.ts'
import type { OpenNamespace } from '../../open-namespace.ts'
import { Turns } from '../../turns.ts'
import type { AcceptResult } from '../../types.ts'
import type { Refusal } from '../../../model/verdict.ts'
import { ASIDE, ASIDE_BATCH } from './aside-prefixes.ts'
import type { Authority } from './authority.ts'

const NEVER: number = Number.POSITIVE_INFINITY
/** Longest description of a batch, bytes. */
const MAX_ENTRY_BYTES = 256

/** What is known of a batch that lies aside without reading it. All of its records have one author. */
interface Entry {
  /** Behind which the batch lies: the id of its namespace, and what its bytes hash to. */
  readonly place: string
  readonly by: Uint8Array
  /** Least time of its records. */
  readonly first: number
  /** When the first of its contents expires, hybrid; 0 where none does. */
  readonly exp: number
  /** When it was set aside, Unix milliseconds. */
  readonly since: number
  readonly size: number
  /** How many files its records name, which are kept with it. */
  readonly files: number
}

/** A record that has come back. */
export interface CameBack {
  readonly collection: string
  readonly id: string
  readonly at: number
}

/** Who has to do with what is set aside. */
export interface SetAsideInit {
  readonly ground: ReplicaGround
  readonly namespace: (id: string) => OpenNamespace | undefined
  /** Takes a batch as it would from a peer. */
  readonly accept: (id: string, batch: Uint8Array) => Promise<AcceptResult | { readonly refused: Refusal }>
  /** Called with records that were written here and have come back. */
  readonly onBack: (id: string, records: readonly CameBack[]) => Promise<void>
  /** Called with the hybrid time at which something expires that was set aside. */
  readonly onExpiring: (exp: number) => void
  /** Called when files are not kept for anything here any more. */
  readonly onFilesFree: () => void
}

/**
 * Records that logs of persons or roles took away, in the form in which they travel, for as long as those logs can come to say something else: a thief's revocation of
 * an honest device is void once the recovery key has spoken. When the logs change, what they accept again is taken as if a peer had sent it, and goes on to others from here.
 * What this key wrote stays until then; what others wrote for 180 days, and no more than `MAX_ASIDE_BYTES` of it: who has most there gives way.
 */
export class SetAside {
  readonly #init: SetAsideInit
  readonly #sealing: Sealing
  readonly #turns = new Turns()
  readonly #entries = new Map<string, Entry>()
  /** Ids of namespaces into which something could not come back though its logs accept it: on a full disk, or because they changed all the time. */
  readonly #unfinished = new Set<string>()

  constructor(init: SetAsideInit) {
    this.#init = init
    this.#sealing = new Sealing(init.ground)
  }

  /** Takes up what the storage holds. */
  async load(): Promise<void> {
    for (const [key, value] of await this.#init.ground.storage.listMeta(ASIDE)) {
      const entry = readEntry(key.slice(ASIDE.length), value)
      if (entry === undefined) continue
      this.#entries.set(entry.place, entry)
      if (entry.exp > 0) this.#init.onExpiring(entry.exp)
    }
  }

  /** Sets records aside that are about to be removed. In a store that has no room for them they go: others have them too, and who wrote them has them as refused. */
  async add(open: OpenNamespace, records: readonly StoredRecord[]): Promise<void> {
    await this.#turns.take(async () => {
      const byAuthor = new Map<string, StoredRecord[]>()
      for (const record of await this.#sealed(open, records)) {
        const author = toHex(record.by)
        byAuthor.set(author, [...(byAuthor.get(author) ?? []), record])
      }
      try {
        for (const some of byAuthor.values()) await this.#addOf(open, some)
      } catch (error) {
        if (errorCode(error) !== 'disk-full') throw error
      }
      await this.#fit()
    })
  }

  /** Nobody else could take what has no seal. */
  async #sealed({ ns }: OpenNamespace, records: readonly StoredRecord[]): Promise<readonly StoredRecord[]> {
    if (!records.some(({ seal }) => seal === null)) return records
    await this.#sealing.sealPending(ns)
    return this.#init.ground.storage.laterRecords(ns, { after: -1, since: 0, limit: records.length, only: records.map(({ seq }) => seq) })
  }

  async #addOf(open: OpenNamespace, records: readonly StoredRecord[]): Promise<void> {
    const { storage, identity } = this.#init.ground
    for (let left = records; left.length > 0; ) {
      const builder = new BatchBuilder(storage, { maxBytes: ASIDE_BATCH_BYTES, own: identity.author })
      let taken = 0
      for (const record of left) {
        if ((await builder.add(record)) === 'full') break
        taken++
      }
      const bytes = builder.finish()
      if (bytes !== undefined) await this.#keep(open.id, bytes, this.#now())
      left = left.slice(taken)
    }
  }

  /** Puts a batch on disk. The same one twice is one. */
  async #keep(id: string, bytes: Uint8Array, since: number): Promise<void> {
    const { storage } = this.#init.ground
    const batch = decodeBatch(bytes)
    const by = batch.ok ? batch.value.seals[0]?.by : undefined
    if (!batch.ok || by === undefined) return
    const place = `${id}/${toHex(sha256(bytes).subarray(0, 16))}`
    const ends = batch.value.records.flatMap(({ content, exp }) => (content === null || exp === null ? [] : [exp]))
    const files = batch.value.records.flatMap((record) => fileOf(record) ?? [])
    const entry: Entry = {
      place,
      by: Uint8Array.from(by),
      first: Math.min(...batch.value.records.map(({ at }) => at)),
      exp: ends.length === 0 ? 0 : Math.min(...ends),
      since,
      size: bytes.length,
      files: files.length,
    }
    await storage.setMeta(ASIDE_BATCH + place, bytes)
    await storage.setMeta(ASIDE + place, writeEntry(entry))
    // Without the documents that named them they would go from every disk.
    if (files.length > 0) await (await storage.files()).keepFor(place, files)
    this.#entries.set(place, entry)
    if (entry.exp > 0) this.#init.onExpiring(entry.exp)
  }

  async #drop({ place, files }: Entry): Promise<void> {
    const { storage } = this.#init.ground
    if (files > 0) {
      await (await storage.files()).letGo(place)
      this.#init.onFilesFree()
    }
    await storage.setMeta(ASIDE + place, undefined)
    await storage.setMeta(ASIDE_BATCH + place, undefined)
    this.#entries.delete(place)
  }

  #now(): number {
    return msFromTime(this.#init.ground.clock.wall())
  }

  #isOwn({ by }: Entry): boolean {
    return equalBytes(by, this.#init.ground.identity.author)
  }

  /** Of others' records those go first that have been here longest of whoever has most. */
  async #fit(): Promise<void> {
    const sizes = new Map<string, number>()
    let all = 0
    for (const entry of this.#entries.values()) {
      if (this.#isOwn(entry)) continue
      const who = toHex(principalOf(entry.by))
      sizes.set(who, (sizes.get(who) ?? 0) + entry.size)
      all += entry.size
    }
    while (all > MAX_ASIDE_BYTES) {
      const [who] = [...sizes].reduce((most, one) => (one[1] > most[1] ? one : most))
      const oldest = [...this.#entries.values()].find((entry) => !this.#isOwn(entry) && toHex(principalOf(entry.by)) === who)
      if (oldest === undefined) return
      sizes.set(who, (sizes.get(who) ?? 0) - oldest.size)
      all -= oldest.size
      await this.#drop(oldest)
    }
  }

  #of(id: string): readonly Entry[] {
    return [...this.#entries.values()].filter(({ place }) => place.startsWith(`${id}/`))
  }

  /** Whether anything of a namespace lies aside. */
  has(id: string): boolean {
    return this.#of(id).length > 0
  }

  /** Takes back into a namespace what its logs accept now; with `isLater` where that did not succeed the last time. */
  async bringBack(id: string, { isLater = false }: { readonly isLater?: boolean } = {}): Promise<void> {
    const isUnfinished = this.#unfinished.delete(id)
    if (!this.has(id) || (isLater && !isUnfinished)) return
    await this.#turns.take(async () => {
      const people = await this.#init.ground.people.load()
      let returned = 0
      for (const entry of this.#of(id)) {
        const open = this.#init.namespace(id)
        if (open === undefined) break
        const person = personOf(entry.by)
        // A device that is revoked at the first of these times is so at all of them: nothing need be read for that.
        if (person !== undefined && (await people.state(person))?.acts(keyOf(entry.by), entry.first) !== 'yes') continue
        returned += await this.#bringBack(open, entry, await people.authority(open, [entry.by]))
        await this.#init.ground.pause()
      }
      if (returned > 0) this.#init.ground.news.tell({ namespace: id, from: 0, to: 0, collections: [], returned })
    })
  }

  /** Resolves with how many documents were taken that were not here. */
  async #bringBack(open: OpenNamespace, entry: Entry, authority: Authority): Promise<number> {
    const bytes = await this.#init.ground.storage.getMeta(ASIDE_BATCH + entry.place)
    const batch = bytes && decodeBatch(bytes)
    if (bytes === undefined || batch?.ok !== true) {
      await this.#drop(entry)
      return 0
    }
    const { records } = batch.value
    if (!records.some((record) => authority.fault(authored(open, record, entry.by)) === undefined)) return 0
    const accepted = await this.#accept(open.id, bytes)
    if (accepted === undefined || accepted.results.includes('quota')) this.#unfinished.add(open.id)
    if (accepted === undefined) return 0
    const isTaken = accepted.results.map((result) => ['stored', 'same', 'superseded', 'forgotten'].includes(result))
    await this.#leave(open.id, entry, batch.value, (_, i) => isTaken[i] !== true)
    const back = records.filter((_, i) => isTaken[i] === true)
    if (this.#isOwn(entry) && back.length > 0) await this.#init.onBack(open.id, back.flatMap(cameBack))
    return new Set(records.flatMap(({ key }, i) => (accepted.results[i] === 'stored' && typeof key === 'string' ? key : []))).size
  }

  /** `undefined` where it could not be judged now. */
  async #accept(id: string, batch: Uint8Array): Promise<AcceptResult | undefined> {
    try {
      const accepted = await this.#init.accept(id, batch)
      return 'refused' in accepted ? undefined : accepted
    } catch (error) {
      if (['busy', 'disk-full'].includes(errorCode(error))) return undefined
      throw error
    }
  }

  /** Leaves of a batch those records which are to go on lying here, as they are to. */
  async #leave(
    id: string,
    entry: Entry,
    { seals, records }: Batch,
    isLeft: (record: WireRecord, i: number) => boolean,
    change: (record: WireRecord) => WireRecord = (record) => record,
  ): Promise<void> {
    const left = records.filter(isLeft).map(change)
    if (left.length === records.length && left.every((record, i) => record === records[i])) return
    const used = [...new Set(left.map(({ seal }) => seal))]
    const kept = { seals: used.flatMap((i) => seals[i] ?? []), records: left.map((record) => ({ ...record, seal: used.indexOf(record.seal) })) }
    if (left.length > 0) await this.#keep(id, encodeBatch(kept), entry.since)
    await this.#drop(entry)
  }

  /** When the next content expires that lies here, hybrid. */
  get nextExpiry(): number {
    return [...this.#entries.values()].reduce((next, { exp }) => (exp > 0 ? Math.min(next, exp) : next), NEVER)
  }

  /** Erases contents that have expired; of the records stays what others have of them too. */
  async expire(now: number): Promise<void> {
    await this.#turns.take(async () => {
      for (const entry of [...this.#entries.values()].filter(({ exp }) => exp > 0 && exp <= now)) {
        const bytes = await this.#init.ground.storage.getMeta(ASIDE_BATCH + entry.place)
        const batch = bytes && decodeBatch(bytes)
        if (batch?.ok !== true) await this.#drop(entry)
        else
          await this.#leave(
            namespaceOf(entry),
            entry,
            batch.value,
            () => true,
            (record) => expired(record, now),
          )
      }
    })
  }

  /** Lets go of what others wrote long ago, and of all that was deleted meanwhile or has a later version. */
  async tidy(): Promise<void> {
    await this.#turns.take(async () => {
      for (const entry of Array.from(this.#entries.values())) {
        const open = this.#init.namespace(namespaceOf(entry))
        const isOver = !this.#isOwn(entry) && entry.since + TOMBSTONE_LIFE_MS <= this.#now()
        const bytes = isOver || open === undefined ? undefined : await this.#init.ground.storage.getMeta(ASIDE_BATCH + entry.place)
        const batch = bytes && decodeBatch(bytes)
        if (open === undefined || batch?.ok !== true) await this.#drop(entry)
        else {
          const later = await Promise.all(batch.value.records.map((record) => this.#hasLater(open, record, entry.by)))
          await this.#leave(open.id, entry, batch.value, (_, i) => later[i] !== true)
        }
        await this.#init.ground.pause()
      }
    })
  }

  async #hasLater({ ns, scope }: OpenNamespace, { key, at, ownSlot, path }: WireRecord, by: Uint8Array): Promise<boolean> {
    const kh = typeof key === 'string' ? keyHash(scope.ns, key) : key
    const slots = [slotOf(scope.write, kh, by, ownSlot), ...(path === undefined ? [] : [editSlotOf(scope.write, kh, by, path)])]
    return (await this.#init.ground.storage.recordsBySlot(ns, slots)).some((record) => record.at > at)
  }

  /** Lets go of all that lies here of a namespace, or of one author in it. */
  async forget(id: string, by?: Uint8Array): Promise<void> {
    await this.#turns.take(async () => {
      for (const entry of this.#of(id)) if (by === undefined || equalBytes(principalOf(entry.by), principalOf(by))) await this.#drop(entry)
    })
  }
}

function authored({ head }: OpenNamespace, { key, at, ownSlot, path, content }: WireRecord, by: Uint8Array): Parameters<Authority['fault']>[0] {
  const { collection, id } = (typeof key === 'string' ? splitKey(key) : undefined) ?? {}
  if (collection === undefined || id === undefined) return { by, at, id: undefined, ...(ownSlot && { ownSlot }) }
  const type = typeOf(head.head.body, collection)
  const isBase = type === 'map' && path === undefined && content !== null && isMapBase(fromUtf8(content) ?? '', id)
  return { by, at, id: isOfAuthors(type) ? undefined : id, collection, ...(ownSlot && { ownSlot }), isMapBase: isBase }
}

function cameBack({ key, at }: WireRecord): CameBack[] {
  const split = typeof key === 'string' ? splitKey(key) : undefined
  return split === undefined ? [] : [{ ...split, at }]
}

function fileOf({ key, content }: WireRecord): FileKey | undefined {
  const split = typeof key === 'string' ? splitKey(key) : undefined
  return split === undefined || content === null ? undefined : fileNamedBy({ ...split, content: fromUtf8(content) ?? null })
}

function expired(record: WireRecord, now: number): WireRecord {
  const { content, exp } = record
  if (content === null || exp === null || exp > now) return record
  return { ...record, content: null, erased: { digest: sha256(content), size: content.length } }
}

function namespaceOf({ place }: Entry): string {
  return place.slice(0, place.indexOf('/'))
}

function writeEntry({ by, first, exp, since, size, files }: Entry): Uint8Array {
  return encodeCbor([by, first, exp, since, size, files])
}

function readEntry(place: string, value: Uint8Array): Entry | undefined {
  const read = decodeCbor(value, MAX_ENTRY_BYTES)
  // Before, nothing was kept with it.
  const [by, first, exp, since, size, files = 0]: unknown[] = read.ok && Array.isArray(read.value) ? read.value : []
  const isEntry = isBytes(by) && isUint(first) && isUint(exp) && isUint(since) && isUint(size) && isUint(files)
  return isEntry ? { place, by, first, exp, since, size, files } : undefined
}
