import { sha256 } from '#crypto'
import { DocstoreError } from '../../../errors.ts'
import { compareBytes, concatBytes, toHex } from '../../../model/bytes.ts'
import type { ActContent } from '../../../model/people/act-content.ts'
import { type SignedAct, storedAct } from '../../../model/people/act.ts'
import { OWN_LOGS, type StoredLog } from '../../../storage/logs/log-storage.ts'
import type { Storage } from '../../../storage/storage.ts'
import { MAX_LOADED_ACTS, MAX_UNNEEDED_LOGS } from '../../limits.ts'
import { Turns } from '../../turns.ts'
import { KnownActs } from './known-acts.ts'

/** Acts that take something from somebody. All others only let more be accepted than was before: what they follow was there. */
export const TAKING: ReadonlySet<string> = new Set(['revoke', 'confirm', 'dismiss', 'remove'] satisfies ActContent['type'][])

/** Length of what names a log, and of what its tips are told by, bytes. */
const DIGEST_BYTES = 32

/** A log with its acts in memory. */
interface LoadedLog {
  readonly graph: KnownActs
}

/** A log to which acts are added, or that a namespace needs from now on; `isTold` where others say so and nothing here does. */
interface AddedLog extends Pick<StoredLog, 'log' | 'genesis'> {
  readonly neededBy?: number | undefined
  readonly isTold?: boolean
}

/** The logs that are here, and which namespace needs which. Acts are read when they are asked for. */
export class Logs {
  readonly #storage: Storage
  readonly #logs = new Map<string, StoredLog>()
  readonly #needs = new Map<number, Set<string>>()
  readonly #neededBy = new Map<string, Set<number>>()
  /** Of those needs the ones that others told of: nobody has written there for whom that is so, nor acts there. */
  readonly #told = new Map<number, Set<string>>()
  /** What was made of the needs of a namespace, until these or the logs change. */
  readonly #sorted = new Map<number, readonly string[]>()
  readonly #digests = new Map<number, Uint8Array>()
  /** Logs that no namespace needs: those of owners whose namespaces are on their way. Who came first comes first. */
  readonly #unneeded = new Set<string>()
  /** Who was not used for longest comes first. */
  readonly #loaded = new Map<string, LoadedLog>()
  #loadedActs = 0
  /** One change at a time: each adds to what the one before has left. */
  readonly #turns = new Turns()

  private constructor(storage: Storage) {
    this.#storage = storage
  }

  static async open(storage: Storage): Promise<Logs> {
    const logs = new Logs(storage)
    await logs.reload()
    return logs
  }

  /** Takes up what was stored past this. */
  async reload(): Promise<void> {
    const [stored, needs] = [await this.#storage.logs(), await this.#storage.logNeeds()]
    for (const log of stored) {
      const hex = toHex(log.log)
      if (!this.#logs.has(hex)) this.#unneeded.add(hex)
      this.#logs.set(hex, log)
    }
    for (const { ns, log, told } of needs) this.#note(ns, log, told)
    this.#loaded.clear()
    this.#loadedActs = 0
  }

  #note(ns: number, log: Uint8Array, isTold: boolean): void {
    const hex = toHex(log)
    const told = this.#told.get(ns) ?? new Set()
    this.#told.set(ns, told)
    if (!isTold) told.delete(hex)
    else if (!this.isNeeded(ns, log)) told.add(hex)
    if (this.isNeeded(ns, log)) return
    this.#needs.set(ns, (this.#needs.get(ns) ?? new Set()).add(hex))
    this.#neededBy.set(hex, (this.#neededBy.get(hex) ?? new Set()).add(ns))
    this.#sorted.delete(ns)
    this.#digests.delete(ns)
    this.#unneeded.delete(hex)
  }

  get(log: Uint8Array): StoredLog | undefined {
    return this.#logs.get(toHex(log))
  }

  /** All that are here. */
  all(): Iterable<StoredLog> {
    return this.#logs.values()
  }

  isNeeded(ns: number, log: Uint8Array): boolean {
    return this.#needs.get(ns)?.has(toHex(log)) === true
  }

  /** Whether others told that a namespace needs a log, and nothing here says so. */
  isTold(ns: number, log: Uint8Array): boolean {
    return this.#told.get(ns)?.has(toHex(log)) === true
  }

  /** How many these are. */
  toldIn(ns: number): number {
    return this.#told.get(ns)?.size ?? 0
  }

  /** Numbers of the namespaces that need a log. */
  namespacesOf(log: Uint8Array): readonly number[] {
    return [...(this.#neededBy.get(toHex(log)) ?? [])].filter((ns) => ns !== OWN_LOGS)
  }

  /** Those of them in which somebody acts or has written for whom that is so: all others have nothing that could be judged by it. */
  namedIn(log: Uint8Array): readonly number[] {
    return this.namespacesOf(log).filter((ns) => !this.isTold(ns, log))
  }

  /** Logs that a namespace needs, in the order of their digests. */
  of(ns: number): readonly StoredLog[] {
    return this.#sortedOf(ns).flatMap((hex) => this.#logs.get(hex) ?? [])
  }

  /** Those of them behind a digest, `limit` at most. */
  after(ns: number, log: Uint8Array, limit: number): readonly StoredLog[] {
    const [all, hex] = [this.#sortedOf(ns), toHex(log)]
    const start = all.findIndex((one) => one > hex)
    return start < 0 ? [] : all.slice(start, start + limit).flatMap((one) => this.#logs.get(one) ?? [])
  }

  #sortedOf(ns: number): readonly string[] {
    const known = this.#sorted.get(ns)
    if (known !== undefined) return known
    const sorted = [...(this.#needs.get(ns) ?? [])].sort()
    this.#sorted.set(ns, sorted)
    return sorted
  }

  /** Says which acts of which logs are here: equal where these are. `undefined` where the namespace needs none. */
  digest(ns: number): Uint8Array | undefined {
    const known = this.#digests.get(ns)
    const logs = known === undefined ? this.of(ns) : []
    if (known !== undefined || logs.length === 0) return known
    const all = new Uint8Array(logs.length * 2 * DIGEST_BYTES)
    for (const [i, stored] of logs.entries()) {
      all.set(stored.log, i * 2 * DIGEST_BYTES)
      all.set(tipsDigest(stored), (i * 2 + 1) * DIGEST_BYTES)
    }
    const digest = sha256(all)
    this.#digests.set(ns, digest)
    return digest
  }

  /** The acts of a log that is here. */
  async graph(log: Uint8Array): Promise<KnownActs> {
    const hex = toHex(log)
    const loaded = this.#loaded.get(hex)
    if (loaded !== undefined) {
      this.#loaded.delete(hex)
      this.#loaded.set(hex, loaded)
      return loaded.graph
    }
    const acts: SignedAct[] = []
    for (const stored of await this.#storage.acts(log)) {
      const act = storedAct(stored.bytes, stored.signature)
      if (!act.ok) throw new DocstoreError('data-corrupt', 'A stored act of a log cannot be read. Restore the data from a backup')
      acts.push(act.value)
    }
    // Another one may have read it meanwhile, and added to it.
    const graph = this.#loaded.get(hex)?.graph ?? new KnownActs(acts)
    if (!this.#loaded.has(hex)) {
      this.#loaded.set(hex, { graph })
      this.#loadedActs += acts.length
      this.#unload(hex)
    }
    return graph
  }

  #unload(kept: string): void {
    for (const [hex, { graph }] of this.#loaded) {
      if (this.#loadedActs <= MAX_LOADED_ACTS) return
      if (hex === kept) continue
      this.#loaded.delete(hex)
      this.#loadedActs -= graph.acts.length
    }
  }

  /**
   * Stores acts that are not here, each after its parents, or a log that is new, or that a namespace needs it. Resolves with the numbers of the namespaces that
   * it concerns: their positions have moved. A log that none needs takes the place of the one that came first of those, where there are many: whose namespace
   * did not come until then hardly will. Throws `disk-full` in a full store, save for what takes something from somebody.
   */
  add({ log, genesis, neededBy, isTold = false }: AddedLog, acts: readonly SignedAct[]): Promise<readonly number[]> {
    return this.#turns.take(() => this.#add({ log, genesis, neededBy, isTold }, acts))
  }

  async #add({ log, genesis, neededBy, isTold = false }: AddedLog, acts: readonly SignedAct[]): Promise<readonly number[]> {
    const known = this.get(log)
    const isNewNeed = neededBy !== undefined && (!this.isNeeded(neededBy, log) || (!isTold && this.isTold(neededBy, log)))
    if (known !== undefined && acts.length === 0 && !isNewNeed) return []
    const graph = await this.graph(log)
    if (known === undefined && neededBy === undefined) await this.#dropUnneeded()
    // Where it has no more acts it says the same: it stays the same object, by which others know that.
    const stored: StoredLog =
      known !== undefined && acts.length === 0 ? known : { log, genesis: known?.genesis ?? genesis, tips: graph.tipsWith(acts) }
    // A device that was stolen is revoked in a full store, too.
    const isUrgent = known !== undefined && (acts.length === 0 || acts.some(({ act }) => TAKING.has(act.do.type)))
    const concerned = await this.#storage.addActs(stored, acts, isNewNeed ? neededBy : undefined, isUrgent, isTold)
    for (const act of acts) graph.add(act)
    this.#loadedActs += acts.length
    this.#logs.set(toHex(log), stored)
    if (stored !== known) for (const ns of this.#neededBy.get(toHex(log)) ?? []) this.#digests.delete(ns)
    if (known === undefined) this.#unneeded.add(toHex(log))
    if (neededBy !== undefined) this.#note(neededBy, log, isTold)
    return concerned
  }

  /** Takes acts away that were signed here and that nobody else has. Resolves with the numbers of the namespaces that it concerns. */
  dropActs(log: Uint8Array, hashes: readonly Uint8Array[]): Promise<readonly number[]> {
    return this.#turns.take(async () => {
      const [known, hex] = [this.get(log), toHex(log)]
      if (known === undefined) return []
      const dropped = new Set(hashes.map(toHex))
      const before = await this.graph(log)
      const graph = new KnownActs(before.acts.filter(({ hash }) => !dropped.has(toHex(hash))))
      const stored: StoredLog = { ...known, tips: graph.tips }
      const concerned = await this.#storage.dropActs(stored, hashes)
      this.#loadedActs -= before.size - graph.size
      this.#loaded.set(hex, { graph })
      this.#logs.set(hex, stored)
      for (const ns of this.#neededBy.get(hex) ?? []) this.#digests.delete(ns)
      return concerned
    })
  }

  async #dropUnneeded(): Promise<void> {
    for (const hex of this.#unneeded) {
      if (this.#unneeded.size < MAX_UNNEEDED_LOGS) return
      const log = this.#logs.get(hex)?.log
      if (log !== undefined) await this.#storage.dropLog(log)
      this.#unneeded.delete(hex)
      this.#logs.delete(hex)
      this.#unloadOne(hex)
    }
  }

  #unloadOne(hex: string): void {
    this.#loadedActs -= this.#loaded.get(hex)?.graph.acts.length ?? 0
    this.#loaded.delete(hex)
  }

  /** A namespace has gone from here, and logs that only it needed went with it. */
  async forgot(ns: number): Promise<void> {
    for (const hex of this.#needs.get(ns) ?? []) this.#neededBy.get(hex)?.delete(ns)
    for (const known of [this.#needs, this.#told, this.#sorted, this.#digests]) known.delete(ns)
    const left = new Set((await this.#storage.logs()).map(({ log }) => toHex(log)))
    for (const hex of this.#logs.keys()) {
      if (left.has(hex)) continue
      this.#logs.delete(hex)
      this.#unneeded.delete(hex)
      this.#neededBy.delete(hex)
      this.#unloadOne(hex)
    }
  }
}

const digests = new WeakMap<StoredLog, Uint8Array>()

/** Says which tips a log has: equal where these are. */
export function tipsDigest(stored: StoredLog): Uint8Array {
  const known = digests.get(stored)
  if (known !== undefined) return known
  const digest = sha256(concatBytes(...stored.tips.toSorted(compareBytes)))
  digests.set(stored, digest)
  return digest
}
