import { DocstoreError, errorCode, errorMessage, fromUtf8, type LogParcel, movedIds, type Replica, utf8 } from '@p2p-docstore/core'
import { readNetwork } from '../../network/admission/index.ts'
import type { JoinLink } from '../../network/admission/index-join.ts'
import { knownRelays } from '../../network/relays/index.ts'
import { BESIDE, LEAVING, NOWHERE, USED } from '../../network/standing.ts'
import { takeLink } from '../../sharing/attach.ts'
import { readLink, resolveLink } from '../../sharing/own.ts'
import { Docstore } from '../docstore.ts'
import { assertDelivered } from './assert-delivered.ts'
import { emptyData, OF_PERSON } from './empty-data.ts'
import { MAX_NETWORKS } from './limits.ts'
import type { NetworkData } from './network-data.ts'
import type { NetworkInfo, NetworkSet, SharedNetworks } from './types.ts'

/** What the networks of a store are made of. */
interface NetworksInit {
  readonly shared: SharedNetworks<Docstore>
  readonly data: NetworkData
  /** The store of the first data. */
  readonly first: Docstore
}

/** A network that data is there for. */
interface Known {
  readonly id: string
  readonly name: string
  readonly descriptor: Uint8Array
  /** Whether the first data is of it. */
  readonly isFirst: boolean
}

/** The networks of one store: each has data, a peer key and connections of its own. The identity is that of the first, which notes the others. */
export class Networks implements NetworkSet<Docstore> {
  readonly #shared: SharedNetworks<Docstore>
  readonly #data: NetworkData
  #first: Docstore
  /** Those that are open, or being opened, by the ids of their networks. */
  readonly #stores = new Map<string, Promise<Docstore>>()
  /** Those that were joined here. */
  readonly #new = new Set<string>()
  /** Why some could not be opened. */
  readonly #failed = new Map<string, unknown>()
  readonly #watched = new WeakSet<Docstore>()
  #carrying: Promise<unknown> = Promise.resolve()
  /** Set once all are closed. */
  #isClosed = false
  /** One at a time changes which networks there are. */
  #changing: Promise<unknown> = Promise.resolve()

  private constructor({ shared, data, first }: NetworksInit) {
    this.#shared = shared
    this.#data = data
    this.#first = first
    this.#stores.set(first.info.network.id, Promise.resolve(first))
    this.#watchPerson(first)
  }

  /** Those of a store whose first data is open; what was to be left and was not yet is left now. */
  static async of(init: NetworksInit): Promise<Networks> {
    const networks = new Networks(init)
    const { replica } = init.first
    for (const [key] of await replica.listMeta(LEAVING)) await networks.#goOnLeaving(key.slice(LEAVING.length))
    const all = await networks.#known()
    for (const descriptor of init.data.found()) {
      const { id } = readNetwork(descriptor)
      if (!all.some((one) => one.id === id)) await networks.#notes.setMeta(BESIDE + id, descriptor)
    }
    return networks
  }

  get first(): Docstore {
    return this.#first
  }

  get #notes(): Replica {
    return this.#first.replica
  }

  /** All of them, the first one first. */
  async list(): Promise<readonly NetworkInfo[]> {
    const [known, used] = [await this.#known(), await this.used()]
    return known.map((one) => this.#info(one, used))
  }

  #info({ id, name, isFirst }: Known, used: string): NetworkInfo {
    const [hasFailed, error] = [this.#failed.has(id), this.#failed.get(id)]
    return {
      id,
      name,
      isUsed: id === used,
      isFirst,
      isNew: this.#new.has(id),
      isOpen: this.#stores.has(id),
      error: hasFailed ? errorMessage(error) : undefined,
      errorCode: hasFailed ? errorCode(error) : undefined,
    }
  }

  async #known(): Promise<readonly Known[]> {
    const beside = (await this.#notes.listMeta(BESIDE)).map(([, descriptor]) => known(descriptor, false))
    const isNowhere = (await this.#notes.getMeta(NOWHERE)) !== undefined
    return isNowhere && beside.length > 0 ? beside : [known((await this.#notes.info()).network.descriptor, true), ...beside]
  }

  /** Id of the network that is worked in where none is named. */
  async used(): Promise<string> {
    const [all, stored] = [await this.#known(), await this.#notes.getMeta(USED)]
    const used = stored && fromUtf8(stored)
    return (all.find(({ id }) => id === used) ?? all[0])?.id ?? ''
  }

  /** Lets that network be the one that is worked in where none is named. Throws as `open`. */
  async use(text: string): Promise<NetworkInfo> {
    const found = await this.#find(text)
    await this.#notes.setMeta(USED, utf8(found.id))
    return this.#info(found, found.id)
  }

  /** Id of a network. Throws as `open`. */
  async idOf(text: string): Promise<string> {
    return (await this.#find(text)).id
  }

  /** The store of a network: by its id, its name, or the last letters of its id. Throws `unknown-network`, `ambiguous-network`. */
  async open(text: string): Promise<Docstore> {
    return this.#open(await this.#find(text))
  }

  /** Opens all that are not open yet. One that cannot be opened is told of by `list`, and keeps none of the others from being there. */
  async openAll(): Promise<void> {
    const opening = (await this.#known()).map(async (one) => {
      try {
        await this.#open(one)
      } catch {
        // Noted where it happened.
      }
    })
    await Promise.all(opening)
  }

  /** The first one, opened anew with its connections. */
  async reopenFirst(): Promise<Docstore> {
    const { id } = this.#first.info.network
    this.#stores.delete(id)
    await this.#first.closeAlone()
    return this.#keep(id, () => this.#openFirst())
  }

  #open({ id, descriptor, isFirst }: Known): Promise<Docstore> {
    const open = this.#stores.get(id)
    if (open !== undefined) return open
    return this.#keep(id, () => (isFirst ? this.#openFirst() : this.#openBeside(id, { descriptor })))
  }

  #keep(id: string, open: () => Promise<Docstore>): Promise<Docstore> {
    if (this.#isClosed) throw closed()
    const kept = open().then(
      async (store) => {
        this.#failed.delete(id)
        // What is known of the person here must hold there too, from its first moment on: revoked devices above all.
        if (store !== this.#first) await this.#carry(this.#first, async () => [store])
        this.#watchPerson(store)
        return store
      },
      (error: unknown) => {
        this.#failed.set(id, error)
        if (this.#stores.get(id) === kept) this.#stores.delete(id)
        throw error
      },
    )
    this.#stores.set(id, kept)
    return kept
  }

  async #openFirst(identity?: Uint8Array, log?: LogParcel): Promise<Docstore> {
    const { parts } = await this.#data.open(undefined, {
      identity,
      ...(identity === undefined ? {} : { person: log === undefined ? 'none' : { log } }),
    })
    this.#first = await Docstore.of(parts, this.#shared)
    return this.#first
  }

  async #openBeside(id: string, how: { readonly join: string } | { readonly descriptor: Uint8Array }): Promise<Docstore> {
    const identity = await this.#notes.getMeta('identity')
    // A person is the same in all networks.
    const { log } = (await this.#notes.person()) ?? {}
    const { parts } = await this.#data.open(id, { ...how, identity, person: log === undefined ? ('none' as const) : { log } })
    try {
      return await Docstore.of(parts, this.#shared)
    } catch (error) {
      await parts.close()
      throw error
    }
  }

  /**
   * Joins the network of a link beside those that are here, and gives its store; one that is here already takes the relays and the invitation of the
   * link. Throws `too-many-networks`, and what `createDocstore` throws for a link.
   */
  async join(text: string): Promise<Docstore> {
    const link = await this.#resolved(await readLink(text))
    const { network } = link
    if (network === undefined) throw new DocstoreError('internal', 'The link leads to no network')
    const here = (await this.#known()).find(({ id }) => id === network.id)
    if (here === undefined) return this.add(network.id, network.bytes, { join: text })
    const store = await this.#open(here)
    await takeLink(link, store.replica, store.network)
    return store
  }

  /** The link with its network: that of the data which knows the relay, else what the relay says. */
  async #resolved(link: JoinLink): Promise<JoinLink> {
    if (link.network !== undefined) return link
    for (const { id, descriptor } of await this.#known()) {
      const store = await this.#stores.get(id)?.catch(() => undefined)
      if (store !== undefined && (await knownRelays(store.replica)).includes(link.origins[0])) return { ...link, network: readNetwork(descriptor) }
    }
    return resolveLink(link, { getMeta: async () => undefined })
  }

  /** Opens data for a network that there is none for yet. */
  add(id: string, descriptor: Uint8Array, how: { readonly join?: string } = {}): Promise<Docstore> {
    return this.#change(async () => {
      const all = await this.#known()
      const here = all.find((one) => one.id === id)
      if (here !== undefined) return this.#open(here)
      if (all.length >= MAX_NETWORKS)
        throw new DocstoreError(
          'too-many-networks',
          `This data is in ${all.length} networks already: ${all.map(({ name }) => JSON.stringify(name)).join(', ')}. Leave one first`,
        )
      const store = await this.#keep(id, () => this.#openBeside(id, how.join === undefined ? { descriptor } : { join: how.join }))
      // Last: what is not noted is not there.
      await this.#notes.setMeta(BESIDE + id, descriptor)
      this.#new.add(id)
      return store
    })
  }

  /**
   * Leaves a network: removes all of its data from here. Tries to bring to a relay what none is known to have; throws `not-delivered` with
   * `details.records` where that does not come about, unless with `force`.
   */
  async leave(
    text: string,
    { force = false, signal }: { readonly force?: boolean; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<NetworkInfo> {
    const found = await this.#find(text)
    const { id, name } = found
    const store = await this.#open(found)
    if (await store.isRelay()) throw new DocstoreError('data-in-use', `A relay of the network "${name}" runs on this data. Stop it first`)
    if (!force) await assertDelivered(store, name, signal)
    return this.#change(async () => {
      const undo = await this.#noteLeaving(found)
      try {
        await this.#empty(id)
      } catch (error) {
        // Somebody has it open and does not let go.
        if (errorCode(error) === 'data-in-use') await undo()
        throw error
      }
      return this.#info(found, '')
    })
  }

  /** Notes that a network is being left; from then on it is not among them. Gives the way to take that back. */
  async #noteLeaving({ id, descriptor, isFirst }: Known): Promise<() => Promise<void>> {
    const isLast = (await this.#known()).length === 1
    const before = await this.#notes.getMeta(NOWHERE)
    await this.#notes.setMeta(LEAVING + id, descriptor)
    // Without any network it is as new, with the identity that it had.
    if (isFirst || isLast) await this.#notes.setMeta(NOWHERE, isLast ? undefined : Uint8Array.of(1))
    if (!isFirst) await this.#notes.setMeta(BESIDE + id, undefined)
    return async () => {
      if (isFirst) this.#stores.set(id, Promise.resolve(await this.#openFirst()))
      else await this.#notes.setMeta(BESIDE + id, descriptor)
      await this.#notes.setMeta(NOWHERE, before)
      await this.#notes.setMeta(LEAVING + id, undefined)
    }
  }

  /** What was ended in the middle. Where another program is at it, that one does it, or who comes after it. */
  async #goOnLeaving(id: string): Promise<void> {
    try {
      await this.#empty(id, false)
    } catch (error) {
      if (errorCode(error) !== 'data-in-use') throw error
    }
  }

  /** Takes the data of a network from everybody, and removes what is in it. */
  async #empty(id: string, isPatient = true): Promise<void> {
    const isFirst = (await this.#notes.info()).network.id === id
    const identity = await this.#notes.getMeta('identity')
    const notes = await this.#kept()
    const { log } = (await this.#notes.person()) ?? {}
    const store = this.#stores.get(id)
    this.#stores.delete(id)
    this.#failed.delete(id)
    await (await store?.catch(() => undefined))?.closeAlone()
    const held = await this.#data.take(isFirst ? undefined : id, isPatient)
    await emptyData(held, isFirst ? NOTES : [])
    if (isFirst) {
      const store = await this.#openFirst(identity, log)
      // Data in memory has forgotten them.
      for (const [key, value] of notes) await store.replica.setMeta(key, value)
      this.#stores.set(store.info.network.id, Promise.resolve(store))
    }
    await this.#notes.setMeta(LEAVING + id, undefined)
  }

  async opened(): Promise<readonly Docstore[]> {
    const stores = await Promise.all([...this.#stores.values()].map((one) => one.catch(() => undefined)))
    return stores.filter((store) => store !== undefined)
  }

  /** Lets all networks that are open know of the person what one of them knows. */
  carryPerson(from: Docstore): Promise<void> {
    return this.#carry(from, () => this.opened())
  }

  async #carry(from: Docstore, to: () => Promise<readonly Docstore[]>): Promise<void> {
    const carried = this.#carrying.then(async () => {
      const { carryPerson } = await import('./carry-person.ts')
      await carryPerson(from, await to())
    })
    this.#carrying = carried.catch(() => undefined)
    return carried
  }

  /** Acts of the person come with any namespace of any network. */
  #watchPerson(store: Docstore): void {
    if (this.#watched.has(store)) return
    this.#watched.add(store)
    store.replica.onCommit(({ head }) => {
      // What cannot be carried now is carried when that network is opened the next time.
      if (head === true && this.#stores.size > 1) void this.carryPerson(store).catch(() => undefined)
    })
  }

  /** What the first data says beyond its own network. */
  async #kept(): Promise<ReadonlyMap<string, Uint8Array>> {
    const kept = new Map<string, Uint8Array>()
    for (const [key, value] of await this.#notes.listMeta('network-')) if (NOTES.some((one) => key.startsWith(one))) kept.set(key, value)
    for (const key of OF_PERSON) {
      const value = await this.#notes.getMeta(key)
      if (value !== undefined) kept.set(key, value)
    }
    return kept
  }

  /** The network in which a namespace is, or was when it had this id, seen from the one with the store `asking`; nothing where it is in none. */
  async networkOf(namespace: string, asking: Docstore): Promise<string | undefined> {
    if (await hasNamespace(asking.replica, namespace)) return asking.info.network.id
    for (const one of await this.#known()) {
      if (one.id === asking.info.network.id) continue
      if (await hasNamespace((await this.#open(one)).replica, namespace)) return one.id
    }
    return undefined
  }

  /** Closes one that is closed by itself. */
  async forget(store: Docstore): Promise<void> {
    const { id } = store.info.network
    if ((await this.#stores.get(id)?.catch(() => undefined)) === store) this.#stores.delete(id)
  }

  /** Closes all that are open. */
  async closeAll(): Promise<void> {
    this.#isClosed = true
    await this.#changing.catch(() => undefined)
    const stores = await Promise.all([...this.#stores.values()].map((one) => one.catch(() => this.#first)))
    this.#stores.clear()
    const ends = await Promise.allSettled([...new Set([this.#first, ...stores])].map((one) => one.closeAlone()))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const changed = this.#changing.then(work, work)
    this.#changing = changed.catch(() => undefined)
    return changed
  }

  async #find(text: string): Promise<Known> {
    const all = await this.#known()
    const exact = all.filter(({ id, name }) => id === text || name === text)
    const ending = text.replace(/^…/, '')
    const meant = exact.length === 0 && ending.length >= MIN_ENDING ? all.filter(({ id }) => id.endsWith(ending)) : exact
    const [found] = meant
    const shown = JSON.stringify(text.slice(0, 128))
    if (found === undefined)
      throw new DocstoreError(
        'unknown-network',
        `This data is in no network ${shown}. It is in ${all.map(({ name, id }) => `"${name}" (${id})`).join(', ')}`,
      )
    if (meant.length > 1)
      throw new DocstoreError(
        'ambiguous-network',
        `${meant.length} networks here are named ${shown}. Use an id, or its last letters: ${meant.map(({ id }) => id).join(', ')}`,
        { details: { ids: meant.map(({ id }) => id) } },
      )
    return found
  }
}

/** What the first data keeps for all networks, when it leaves its own. */
const NOTES = [BESIDE, USED, NOWHERE, LEAVING]

/** Letters of the end of an id that stand for it, at least. */
const MIN_ENDING = 6

function known(descriptor: Uint8Array, isFirst: boolean): Known {
  const network = readNetwork(descriptor)
  return { id: network.id, name: network.descriptor.name, descriptor, isFirst }
}

/** Whether a namespace is in this data, is waited for there, or was there under this id. */
async function hasNamespace(replica: Replica, id: string): Promise<boolean> {
  if ((await replica.namespace(id)) !== undefined || (await replica.awaited()).includes(id)) return true
  return (await movedIds(replica)).has(id)
}

function closed(): DocstoreError {
  return new DocstoreError('closed', 'The store was closed')
}
