import type { Docstore, MoveProgress, NetworkInfo } from 'p2p-docstore'
import { deviceTextOf } from '../devices/device-link.ts'
import { TabsPassphrase } from '../passphrase/tabs-passphrase.ts'
import { parseRoute } from '../route.ts'
import { chooseNetwork, chosenNetwork, currentData, forgetDataset, listDatasets, MEMORY_DATA, rememberDataset } from './datasets.ts'
import { errorCode, errorText } from './error-text.ts'
import { isJoinAddress } from './join-address.ts'
import { wantsPerson } from './several-devices.ts'
import { forgetNamespace, rememberedNamespaces } from './remembered.ts'

/** Where opening the store stands. */
export type OpenState = { readonly state: 'opening'; readonly moved?: MoveProgress } | OpenedState | FailedState

/** Why no store is open; `canMove`: whether the documents that are here could move to the network of the link in the address. */
export interface FailedState {
  readonly state: 'failed'
  readonly code: string
  readonly message: string
  readonly canMove: boolean
  /** Whether it was open until the tab that had the passphrase went. */
  readonly wasOpen?: boolean
}

/** A store that is open and shown; its join link is made a moment later, and empty until then. */
export interface OpenedState {
  readonly state: 'open'
  readonly store: Docstore
  /** All networks that this page is in; the others live beside the one that is shown. */
  readonly networks: readonly NetworkInfo[]
  readonly joinLink: string
  readonly isInviteOnly: boolean
  readonly isStored: boolean
}

/** Opens the stores of the page, one for each network, and opens them again when the user asks to. */
export class Opener {
  #state: OpenState = { state: 'opening' }
  /** A tab that waits for the passphrase opens with what another one was given. */
  readonly #passphrase = new TabsPassphrase(currentData(), () => {
    if (this.#state.state === 'failed' && this.#state.code === 'passphrase-needed') void this.open()
  })
  readonly #watched = new WeakSet<Docstore>()
  readonly #listeners = new Set<() => void>()

  /** The current state; the same object until it changes. */
  readonly getState = (): OpenState => this.#state

  /** Calls back whenever the state changes. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Opens the data of this browser, or with `isStored: false` one that is gone with the page. `other` says what becomes of a
   * link in the address that leads to a network that this page is not in yet: it is asked about, joined beside the others, or takes the documents along.
   * `passphrase` opens what it locks, also when it is opened again, and in other tabs.
   */
  async open({ isStored = true, other = 'ask', passphrase }: { isStored?: boolean; other?: OtherNetwork; passphrase?: string } = {}): Promise<void> {
    this.#set({ state: 'opening' })
    let typed = passphrase
    try {
      const store = await openStore({
        isStored,
        other,
        passphrase: () => typed ?? this.#passphrase.value,
        onMove: (moved) => this.#set({ state: 'opening', moved }),
      })
      // Others need it only once this one is known to be right; where another tab has the data open, nobody has looked at it.
      if (typed !== undefined && store.isOwner) this.#passphrase.keep(typed)
      typed = undefined
      await this.#show(store, isStored)
      this.#openOthers(store)
    } catch (error) {
      this.#set({ state: 'failed', code: errorCode(error), message: errorText(error), canMove: detail(error, 'canMove') === true })
    }
  }

  /** Shows another network of this page. */
  readonly show = async (network: string, href = '#/'): Promise<void> => {
    const { store, isStored } = this.#opened()
    const other = await store.inNetwork(network)
    // Which one it is in is looked at anew with every address.
    if (location.hash !== href) history.pushState(null, '', href)
    await this.#show(other, isStored)
  }

  /** Joins a network beside the others, and shows it. */
  readonly join = async (link: string): Promise<void> => {
    const { store, isStored } = this.#opened()
    const other = await store.join(link)
    if (location.hash !== '#/') history.pushState(null, '', '#/')
    await this.#show(other, isStored)
  }

  /** Leaves a network, with everything of it that is in this browser. Throws `not-delivered` where a relay does not have all of it, unless with `force`. */
  readonly leave = async (network: string, { force }: { readonly force: boolean }): Promise<void> => {
    const { store, networks, isStored } = this.#opened()
    await store.leave(network, { force })
    if (networks.length === 1) forgetDataset(currentData())
    // What showed it shows another one now.
    if (store.info.network.id === network) location.assign('/')
    else await this.#show(store, isStored)
  }

  /** What opens the data from now on, here and in other tabs. */
  readonly keepPassphrase = (passphrase: string | undefined): void => this.#passphrase.keep(passphrase)

  #opened(): OpenedState {
    if (this.#state.state !== 'open') throw new Error('No store is open')
    return this.#state
  }

  async #show(store: Docstore, isStored: boolean): Promise<void> {
    const { readNetwork } = await import('p2p-docstore')
    const { id, descriptor } = store.info.network
    await openNamespaces(store)
    const networks = await store.networks()
    if (isStored) chooseNetwork(id)
    // The next tab begins with it, too.
    if (isStored && networks.length > 1) await store.useNetwork(id)
    const isInviteOnly = readNetwork(descriptor).descriptor.admission === 'invite'
    const open: OpenedState = { state: 'open', store, networks, joinLink: '', isInviteOnly, isStored }
    this.#set(open)
    this.#makeLink(open)
    this.#watch(store)
  }

  /** Begins anew once another tab has left a network, and asks for the passphrase once the tab has gone that had it and told nobody. */
  #watch(store: Docstore): void {
    if (this.#watched.has(store)) return
    this.#watched.add(store)
    store.on('left', () => location.assign('/'))
    store.on('locked', () => {
      if (this.#state.state !== 'open') return
      this.#set({ state: 'failed', code: 'passphrase-needed', message: '', canMove: false, wasOpen: true })
      // Nothing of it works any more; what it ends was lost with the tab.
      store.close().catch((error: unknown) => console.warn('What was open could not be closed', error))
    })
  }

  /** The first screen does not wait for the networks that it does not show. One that does not open says so where they are listed. */
  #openOthers(store: Docstore): void {
    const open = async (): Promise<void> => {
      const networks = await store.networks()
      if (networks.length === 1) return
      const opened = await Promise.allSettled(networks.map(({ id }) => store.inNetwork(id)))
      for (const one of opened) {
        if (one.status === 'rejected') continue
        await openNamespaces(one.value)
        this.#watch(one.value)
      }
      if (this.#state.state === 'open') this.#set({ ...this.#state, networks: await store.networks() })
    }
    open().catch((error: unknown) => console.warn('The other networks could not be opened', error))
  }

  /** The first screen does not wait for it. Where what makes it cannot be loaded, there is none until the page is loaded again. */
  #makeLink(open: OpenedState): void {
    const make = async (): Promise<string> => {
      const { formatJoinLink, knownOrigins, readNetwork } = await import('./join-links.ts')
      const origins = await knownOrigins(open.store)
      // The page of this origin is of one network; the others have relays of their own.
      const home = origins.includes(location.origin) || origins[0] === undefined ? location.origin : origins[0]
      return formatJoinLink(home, readNetwork(open.store.info.network.descriptor))
    }
    make().then(
      (joinLink) => this.#state.state === 'open' && this.#state.store === open.store && this.#set({ ...this.#state, joinLink }),
      (error: unknown) => console.warn('The join link could not be made', error),
    )
  }

  #set(state: OpenState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}

type OtherNetwork = 'ask' | 'beside' | 'move'

/** One of the `details` of whatever was thrown. */
function detail(error: unknown, name: string): unknown {
  return error instanceof Error && 'details' in error && typeof error.details === 'object' && error.details !== null
    ? Reflect.get(error.details, name)
    : undefined
}

interface OpenStoreOptions {
  readonly isStored: boolean
  readonly other: OtherNetwork
  readonly passphrase: () => string | undefined
  readonly onMove: (progress: MoveProgress) => void
}

async function openStore({ isStored, other, passphrase, onMove }: OpenStoreOptions): Promise<Docstore> {
  const { createDocstore } = await import('p2p-docstore')
  const link = isJoinAddress(location) ? location.href : undefined
  const data = isStored ? currentData() : MEMORY_DATA
  // The network of this origin is joined on the first visit; later ones may have left it.
  const isFirst = !isStored || !listDatasets().some((dataset) => dataset.data === data)
  const moves = other === 'move' && link !== undefined
  const main = await createDocstore({
    data,
    networks: 'one',
    ...(wantsPerson() ? { person: 'new' as const } : {}),
    moves,
    onMove,
    passphrase,
    ...(isFirst || moves ? { join: link ?? (await networkOfAddress()) } : {}),
  })
  if (isStored) rememberDataset({ data, networkName: main.info.network.name })
  try {
    const store = link === undefined || isFirst || moves ? await storeOfAddress(main) : await storeOfLink(main, link, other)
    // The link has done its work; what stays in the address bar can be bookmarked.
    if (link !== undefined) history.replaceState(null, '', `/${location.hash.startsWith('#/') ? location.hash : '#/'}`)
    return store
  } catch (error) {
    await main.close()
    throw error
  }
}

/** The network into which this page comes without a join link: that of a link that adds a device, else that of the relay behind the page. */
async function networkOfAddress(): Promise<string> {
  const deviceText = deviceTextOf(location.hash)
  if (deviceText === undefined) return location.origin
  const { parsePairingText } = await import('p2p-docstore/people')
  return parsePairingText(deviceText).join ?? location.origin
}

/** The store of a link. Nobody gets into a further network by opening an address alone. */
async function storeOfLink(main: Docstore, link: string, other: OtherNetwork): Promise<Docstore> {
  const { DocstoreError, isAlone, parseJoinLink } = await import('./join-links.ts')
  const { network } = parseJoinLink(link)
  const networks = await main.networks()
  const isIn = network === undefined || networks.some(({ id }) => id === network.id)
  if (!isIn && other === 'ask') {
    const canMove = networks.length === 1 && (await isAlone(main.replica)) && (await main.namespaces.list()).length > 0
    throw new DocstoreError(
      'other-network',
      `This link leads to the network “${network.descriptor.name}”; this browser has data of “${main.info.network.name}”`,
      { details: { canMove } },
    )
  }
  return main.join(link)
}

/** The store in which the namespace of the address is, else the one that this tab showed last. */
async function storeOfAddress(main: Docstore): Promise<Docstore> {
  const networks = await main.networks()
  if (networks.length === 1) return main
  const route = parseRoute(location.hash)
  const wanted = route.page === 'namespace' ? await main.networkOf(route.id) : undefined
  const network = wanted ?? networks.find(({ id }) => id === chosenNetwork())?.id
  return network === undefined ? main : main.inNetwork(network)
}

/** What is here, and what was asked for earlier and has not arrived yet, is kept equal with the relays. */
async function openNamespaces(store: Docstore): Promise<void> {
  const { id: network } = store.info.network
  const here = await store.namespaces.list()
  for (const { id } of here) forgetNamespace(network, id)
  for (const id of [...here.map((namespace) => namespace.id), ...rememberedNamespaces(network)]) await store.namespaces.open(id)
}
