import type { MemberRole, NamespaceInfo, PendingCounts, Replica } from '@p2p-docstore/core'
import { DocstoreError, timeFromMs } from '@p2p-docstore/core'
import { type Arrival, arrivalOf } from './life/arrival.ts'
import type { NamespacePeerStatus, Network, SyncReport } from '../network/types.ts'
import { Collection, type CollectionInit } from './collection.ts'
import { type HeldBack, heldBack } from './held-back.ts'
import type { FileEntry, FileSource, GetFileInit, GetFileOptions, PutFileOptions, PutFileResult, StoredFile } from './files/index.ts'
import { checkOptions } from './options.ts'
import type { ConflictedDocument } from './conflicts.ts'
import type { Pending } from './life/pending.ts'
import type { CollectionRules, RulesCheck, RulesInput } from './life/rules.ts'
import type { Awaited } from './life/until-here.ts'
import type { GrantOptions, MemberInfo, PastChange, RevokeRolesOptions } from './people/members.ts'
import { type NamespaceEvents, SyncEvents } from './sync-events.ts'
import { turn } from './turn.ts'
import { areWhole } from './whole-status.ts'

/** The collection that a namespace itself stands for. */
const DEFAULT_COLLECTION = 'docs'
/** How long `sync` and `delivered` try unless told otherwise, milliseconds. */
const DEFAULT_TIMEOUT_MS = 30_000

/** How a namespace stands, here and with the relays. */
export interface NamespaceReport {
  /** Digest of the whole set of records: equal roots, equal sets. */
  readonly root: string
  readonly documents: number
  /** Whether it has arrived here at all. */
  readonly arrival: Arrival
  /**
   * `offline`: no relay is connected. `syncing`: something is on its way. `live`: nothing is, as far as is known. `failed`: see the peers. Of one that
   * has not arrived: `searching`, and `absent` where nobody who was reached has it.
   */
  readonly state: 'offline' | 'syncing' | 'live' | 'failed' | 'searching' | 'absent'
  /** Changes that wait for it to arrive, and those that were refused when it did: see `pending`. */
  readonly pending: PendingCounts
  /** Records that are here, tombstones included. */
  readonly have: number
  /** Records that a peer is known to hold and that are on their way here; an estimate while both are compared. */
  readonly want: number
  /** Whether at least one relay has everything that is here, but for what is held back. */
  readonly synced: boolean
  /** What others do not take yet, and why. */
  readonly held: HeldBack
  /** Unix milliseconds of the last time that this peer and a relay were seen to be equal. */
  readonly lastSyncedAt: number | undefined
  readonly peers: readonly NamespacePeerStatus[]
}

/** What its owner can change about a namespace; `null` takes away. */
export interface NamespaceChange {
  /** 1 to 128 characters. */
  readonly name?: string
  /** 1 to 2,048 characters. */
  readonly description?: string | null
  /** For how many days peers keep what documents were before; 0: not at all. Without it, 30 days, and not at all at relays. */
  readonly history?: number | null
  /** Id of the namespace that takes its place. */
  readonly next?: string | null
  /** Whether relays name it to everyone in the network who asks what there is. */
  readonly listed?: boolean
  /** In how many parts relays keep it that keep a part of the network each: 2, 4, … 64, and never less than before. */
  readonly split?: number
}

/** What making a namespace equal with the relays did. */
export interface SyncResult extends SyncReport {
  readonly root: string
  readonly documents: number
  readonly seconds: number
}

/** A namespace: its own methods are those of the collection `docs`; `collection` gives the others. */
export class Namespace extends Collection {
  readonly id: string
  readonly #replica: Replica
  readonly #network: Network | undefined
  readonly #init: CollectionInit
  readonly #events: SyncEvents
  /** Hybrid time. */
  readonly #openedAt = timeFromMs(Date.now())
  /** Keys of refused changes of which somebody was told. */
  readonly #toldRefused = new Set<string>()

  readonly #personOf: (who: string) => Promise<string>

  /** `personOf` says who is meant by a username. */
  constructor(
    id: string,
    replica: Replica,
    network: Network | undefined,
    closing: AbortSignal,
    personOf: (who: string) => Promise<string> = async (who) => who,
  ) {
    const init: CollectionInit = {
      replica,
      namespace: id,
      name: DEFAULT_COLLECTION,
      closing,
      standing: async (seq) => {
        const status = (await network?.namespaceStatus(id)) ?? { peers: [] }
        if ((await replica.namespace(id)) === undefined) return { synced: false, state: arrivalOf(status.peers) }
        const synced = network !== undefined && (await isSynced(network, status, seq ?? (await replica.lastSeq(id))))
        return { synced, state: 'here' }
      },
      onStanding: (listener) => {
        const ends = [
          network?.on('sync', (event) => event.namespace === id && listener()),
          // It arrived, or its head changed.
          replica.onCommit((event) => event.namespace === id && event.collections.length === 0 && listener()),
        ]
        return () => {
          for (const end of ends) end?.()
        }
      },
    }
    super(init)
    this.id = id
    this.#replica = replica
    this.#network = network
    this.#init = init
    this.#personOf = personOf
    this.#events = new SyncEvents(replica, network, id, closing)
  }

  /** Another collection of the namespace. It needs no declaration. */
  collection(name: string): Collection {
    return new Collection({ ...this.#init, name })
  }

  /**
   * Resolves with the namespace's facts as soon as it is here, and what was written before has been judged; at once where it is here already.
   * Nothing else has to wait for that: see `pending`. Rejects with `timeout` after `timeoutMs` (without it, never), with `closed`, and with the
   * reason of the signal.
   */
  async ready(options: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<NamespaceInfo> {
    checkOptions(options, ['timeoutMs', 'signal'], 'ready')
    const [info, { waiting }] = await Promise.all([this.info(), this.#replica.pendingCounts(this.id)])
    if (info !== undefined && waiting === 0) return info
    const { untilHere } = await import('./life/until-here.ts')
    return untilHere(this.#awaited, options)
  }

  /** Whether it has arrived here, or how the search for it stands. */
  async arrival(): Promise<Arrival> {
    return (await this.#init.standing(0)).state
  }

  /**
   * What was written, deleted and indexed here before the namespace arrived, oldest first. It is judged when it arrives, since only then its
   * policy is known; what is refused then stays in this list, with the reason, until it is dropped.
   */
  async pending(): Promise<readonly Pending[]> {
    const { pendingOf } = await import('./life/pending.ts')
    return (await this.#replica.pending(this.id)).map(pendingOf)
  }

  /** Gives up some of what waits or was refused, by its `key`, or all of it; resolves with how many changes that was. */
  async dropPending(keys?: readonly string[]): Promise<number> {
    return this.#replica.dropPending(this.id, keys)
  }

  /**
   * Stores a file: 1 GiB at most, cut into blocks as IPFS tools do it, none of them twice. The document that names it lies in the collection `files`,
   * and is written last. Throws `file-too-large`, `bad-source`, `no-file`, `not-allowed`, `disk-full`.
   */
  async putFile(source: FileSource, options?: PutFileOptions): Promise<PutFileResult> {
    const { putFile } = await import('./files/index.ts')
    return putFile(this.#filesInit(), source, options)
  }

  /** A file by its CID, to be read as a whole or in part; `undefined` where no document names one. What is not here is fetched as it is read. */
  async getFile(cid: string, options?: GetFileOptions): Promise<StoredFile | undefined> {
    const { getFile } = await import('./files/index.ts')
    return getFile(this.#filesInit(), cid, options)
  }

  /** The files of the namespace, by name. */
  async listFiles(): Promise<readonly FileEntry[]> {
    const { listFiles } = await import('./files/index.ts')
    return listFiles(this.#filesInit())
  }

  /** Deletes a file for everybody; resolves with whether there was one. Its blocks go where no other document names them. */
  async deleteFile(cid: string): Promise<boolean> {
    const { deleteFile } = await import('./files/index.ts')
    return deleteFile(this.#filesInit(), cid)
  }

  #filesInit(): GetFileInit {
    const { replica, closing } = this.#init
    return { replica, network: this.#network, namespace: this.id, files: this.collection('files'), closing }
  }

  /** Name, owner and write policy; `undefined` while the namespace has not arrived from a peer. */
  async info(): Promise<NamespaceInfo | undefined> {
    await turn()
    return this.#replica.namespace(this.id)
  }

  /**
   * Changes what it says of itself; what is left out stays. Only its owner may: throws `not-allowed`, and what is wrong with the change. What two
   * devices of the owner change without having seen each other's change comes together where they meet; of one field that both changed, one wins, and
   * `info()` has the other as `conflict` until it is set anew.
   */
  async set(change: NamespaceChange): Promise<NamespaceInfo> {
    checkOptions(change, ['name', 'description', 'next', 'listed', 'history', 'split'], 'set')
    const { name, ...rest } = change
    return this.#replica.changeHead(this.id, name === undefined ? rest : { ...rest, title: name })
  }

  /** Documents of all collections of which versions lost, deleted ones too, in order of collection and id; `conflicts` of their collection tells what they say. */
  async *conflictedDocuments(): AsyncGenerator<ConflictedDocument, void, undefined> {
    const { conflictedIn } = await import('./conflicts.ts')
    yield* conflictedIn(this.#replica, this.id)
  }

  /** What documents have to be, by the names of their collections; empty where anything goes, or nothing has arrived. */
  async rules(): Promise<Readonly<Record<string, CollectionRules>>> {
    const info = await this.info()
    if (info?.collections === undefined) return {}
    const { rulesOf } = await import('./life/rules.ts')
    return rulesOf(info)
  }

  /**
   * Gives collections these rules in the place of those that they have; collections that are not named keep theirs, and `null` takes them away. Only the
   * owner may. Every peer judges by them whatever it has and gets, and removes what breaks them. So rules that documents here break are refused, with
   * `documents-against-rules`, unless with `force`. Throws `bad-rules` for rules that cannot be.
   */
  async setRules(rules: RulesInput, options: { force?: boolean } = {}): Promise<Readonly<Record<string, CollectionRules>>> {
    checkOptions(options, ['force'], 'setRules')
    const { setRules } = await import('./life/rules.ts')
    return setRules(this.#replica, this.id, rules, options.force === true)
  }

  /** What `setRules` with these would remove: documents, and versions that lost. Nothing is changed. Throws `bad-rules` for rules that cannot be. */
  async checkRules(rules: RulesInput): Promise<RulesCheck> {
    const { checkRules } = await import('./life/rules.ts')
    return checkRules(this.#replica, this.id, rules)
  }

  /** Who has, or had, which role, where the write policy is `members`; its owner is not among them. Throws `unknown-namespace`. */
  async members(): Promise<readonly MemberInfo[]> {
    const { membersOf } = await import('./people/members.ts')
    return membersOf(this.#replica, this.id)
  }

  /** Who changed this namespace, and who gave and took which role there, the oldest first, as far as it is known here. Throws `unknown-namespace`. */
  async pastChanges(): Promise<readonly PastChange[]> {
    const { changesOf } = await import('./people/members.ts')
    return changesOf(this.#replica, this.id)
  }

  /**
   * Gives somebody a role, from now on or `from` another time: `write`; `moderate`, to remove what others wrote, too; `manage`, to give and take roles, too. `who` is the id of a person, a username (`@alice`,
   * `alice@example.org`), or the `did:key` of an identity that signs for no person. With `collection` it holds in that one alone, with `until` up to that time. Only the owner may, and who manages. Throws `bad-identity`, `bad-option`, `not-allowed`, `unsupported-policy`,
   * `unknown-namespace`, and `clock-skew` where relays say that the clock here is ahead.
   */
  async grant(who: string, role: MemberRole, options: GrantOptions = {}): Promise<void> {
    checkOptions(options, ['collection', 'from', 'until'], 'grant')
    const { grantRole } = await import('./people/members.ts')
    await (await import('./people/right-clock.ts')).assertRightClock(this.#network)
    await grantRole(this.#replica, this.id, { who: await this.#personOf(who), role, ...options })
  }

  /**
   * Takes all roles of somebody away, or one `role`, with `collection` that of one collection: what they wrote until now stands, and nothing later does, on any peer. With
   * `removeAll` nothing stands that the roles allowed. Throws as `grant`.
   */
  async revoke(who: string, options: RevokeRolesOptions = {}): Promise<void> {
    checkOptions(options, ['removeAll', 'role', 'collection'], 'revoke')
    const { revokeRoles } = await import('./people/members.ts')
    await (await import('./people/right-clock.ts')).assertRightClock(this.#network)
    await revokeRoles(this.#replica, this.id, { who: await this.#personOf(who), ...options })
  }

  /** Ends it for everybody, for good: what is here stays and can be read, and nothing that is written later is accepted anywhere. Only its owner may. */
  async end(): Promise<NamespaceInfo> {
    return this.#replica.changeHead(this.id, { end: true })
  }

  /** How it stands, here and with each peer. */
  async status(): Promise<NamespaceReport> {
    await turn()
    const isHere = (await this.info()) !== undefined
    const { root, count, seq, documents } = isHere ? await this.#replica.summary(this.id) : { root: '', count: 0, seq: 0, documents: 0 }
    const status = (await this.#network?.namespaceStatus(this.id)) ?? { peers: [] }
    const { peers } = status
    const times = peers.flatMap(({ lastSyncedAt }) => lastSyncedAt ?? [])
    const arrival = isHere ? 'here' : arrivalOf(peers)
    const pending = await this.#replica.pendingCounts(this.id)
    return {
      root,
      documents,
      arrival,
      state: isHere ? overallState(peers) : searchState(peers, arrival),
      pending,
      have: count,
      want: Math.max(0, ...peers.map(({ want }) => want)),
      synced: isHere && pending.waiting === 0 && this.#network !== undefined && (await isSynced(this.#network, status, seq)),
      held: heldBack(isHere ? await this.#replica.future(this.id) : undefined, peers),
      lastSyncedAt: times.length === 0 ? undefined : Math.max(...times),
      peers,
    }
  }

  /** What others do not take yet, and why. */
  async held(): Promise<HeldBack> {
    const future = (await this.info()) === undefined ? undefined : await this.#replica.future(this.id)
    return heldBack(future, (await this.#network?.namespaceStatus(this.id))?.peers ?? [])
  }

  /** Calls back with every such event from now on, for as long as the store is open; returns the way to stop. */
  on<K extends keyof NamespaceEvents>(event: K, listener: (payload: NamespaceEvents[K]) => void): () => void {
    return this.#events.on(event, listener)
  }

  /**
   * Makes this peer and its relays equal now; with `connectedOnly`, those that are connected already. Rejects with
   * `relay-unreachable` or `timeout` where that fails.
   */
  async sync(options: { timeoutMs?: number; connectedOnly?: boolean; signal?: AbortSignal } = {}): Promise<SyncResult> {
    checkOptions(options, ['timeoutMs', 'connectedOnly', 'signal'], 'sync')
    const { timeoutMs = DEFAULT_TIMEOUT_MS, connectedOnly = false, signal } = options
    const began = performance.now()
    const network = this.#connectedNetwork()
    const report = await network.sync(this.id, { timeoutMs, connectedOnly, ...(signal === undefined ? {} : { signal }) })
    if ((await this.info()) === undefined) {
      throw new DocstoreError('unknown-namespace', `No relay that was reached has the namespace ${this.id}. Check the id`)
    }
    const { root, documents } = await this.#replica.summary(this.id)
    return { root, documents, ...report, seconds: Math.round(performance.now() - began) / 1000 }
  }

  /** Resolves with the peers that have everything written here so far; rejects with `not-delivered` when time is over. */
  async delivered(options: { copies?: number; timeoutMs?: number; signal?: AbortSignal } = {}): Promise<readonly string[]> {
    checkOptions(options, ['copies', 'timeoutMs', 'signal'], 'delivered')
    const { copies = 1, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options
    checkCopies(copies)
    const network = this.#connectedNetwork()
    // What waits for the namespace to arrive is at nobody.
    if ((await this.#replica.pendingCounts(this.id)).waiting > 0)
      await (await import('./life/until-here.ts')).untilWritten(this.#awaited, { timeoutMs, signal })
    const seq = await this.#replica.lastSeq(this.id)
    const limits = { copies, seq, timeoutMs, ...(signal === undefined ? {} : { signal }) }
    try {
      return await network.delivered(this.id, limits)
    } finally {
      // On the way it can turn out that a right was taken away before: then the write is kept here, as refused, and what the relays have is without it.
      await this.#assertTaken()
    }
  }

  /** Throws `not-delivered` where something that was written since this was opened was refused, once for each. */
  async #assertTaken(): Promise<void> {
    if ((await this.#replica.pendingCounts(this.id)).refused === 0) return
    const { assertTaken } = await import('./life/assert-taken.ts')
    await assertTaken(this.#replica, this.id, { since: this.#openedAt, told: this.#toldRefused })
  }

  get #awaited(): Awaited {
    return { id: this.id, replica: this.#replica, network: this.#network, closing: this.#init.closing }
  }

  /**
   * Resolves with the relays that have all of a file; rejects with `not-delivered` when nothing of it has moved for so long, and `not-found`. Its document
   * is another matter: see `delivered`.
   */
  async fileDelivered(cid: string, options: { copies?: number; timeoutMs?: number; signal?: AbortSignal } = {}): Promise<readonly string[]> {
    checkOptions(options, ['copies', 'timeoutMs', 'signal'], 'fileDelivered')
    const { copies = 1, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options
    checkCopies(copies)
    return this.#connectedNetwork().fileDelivered(this.id, cid, { copies, timeoutMs, ...(signal === undefined ? {} : { signal }) })
  }

  #connectedNetwork(): Network {
    if (this.#network === undefined) throw new DocstoreError('offline', 'This store was opened without a network')
    return this.#network
  }
}

function checkCopies(copies: number): void {
  if (!Number.isInteger(copies) || copies < 1)
    throw new DocstoreError('bad-option', `copies is a whole number from 1 on, not ${JSON.stringify(copies)}`)
}

/** Whether a relay has everything up to a local position; a relay has what it has. */
async function isSynced(network: Network, { peers }: { readonly peers: readonly NamespacePeerStatus[] }, seq: number): Promise<boolean> {
  return areWhole(peers.filter(({ role, state, acked }) => role === 'relay' && state === 'live' && acked >= seq)) || network.isRelay()
}

/** One working peer is enough for a namespace to be alive. */
function overallState(peers: readonly NamespacePeerStatus[]): NamespaceReport['state'] {
  const has = (...states: readonly NamespacePeerStatus['state'][]): boolean => peers.some(({ state }) => states.includes(state))
  // `absent` is what the peer was before the namespace came here: it is about to be offered to it.
  if (has('syncing', 'waiting', 'absent')) return 'syncing'
  // Of one that is split, each has a part.
  if (has('live')) return areWhole(peers.filter(({ state }) => state === 'live')) ? 'live' : 'syncing'
  return has('failed') ? 'failed' : 'offline'
}

/** How the search for one that is not here stands: never `live`, when nobody has it. */
function searchState(peers: readonly NamespacePeerStatus[], arrival: Arrival): NamespaceReport['state'] {
  if (arrival === 'absent') return 'absent'
  if (peers.every(({ state }) => state === 'offline')) return 'offline'
  return peers.some(({ state }) => state === 'failed') ? 'failed' : 'searching'
}
