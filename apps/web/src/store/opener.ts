import type { Docstore } from 'p2p-docstore'
import { chooseData, currentData, listDatasets, MEMORY_DATA, rememberDataset } from './datasets.ts'
import { errorCode, errorText } from './error-text.ts'
import { isJoinAddress } from './join-address.ts'
import { forgetNamespace, rememberedNamespaces } from './remembered.ts'

/** Where opening the store stands. */
export type OpenState = { readonly state: 'opening' } | OpenedState | { readonly state: 'failed'; readonly code: string; readonly message: string }

/** A store that is open; its join link is made a moment later, and empty until then. */
export interface OpenedState {
  readonly state: 'open'
  readonly store: Docstore
  readonly joinLink: string
  readonly isInviteOnly: boolean
  readonly isStored: boolean
}

/** Opens the one store of the page, and opens it again when the user asks to. */
export class Opener {
  #state: OpenState = { state: 'opening' }
  readonly #listeners = new Set<() => void>()

  /** The current state; the same object until it changes. */
  readonly getState = (): OpenState => this.#state

  /** Calls back whenever the state changes. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Opens the data of this browser, or with `isStored: false` one that is gone with the page. */
  async open({ isStored = true }: { isStored?: boolean } = {}): Promise<void> {
    this.#set({ state: 'opening' })
    try {
      const open = await openStore(isStored)
      this.#set(open)
      this.#makeLink(open)
    } catch (error) {
      this.#set({ state: 'failed', code: errorCode(error), message: errorText(error) })
    }
  }

  /** The first screen does not wait for it. Where what makes it cannot be loaded, there is none until the page is loaded again. */
  #makeLink(open: OpenedState): void {
    const make = async (): Promise<string> => {
      const { formatJoinLink, readNetwork } = await import('./join-links.ts')
      return formatJoinLink(location.origin, readNetwork(open.store.info.network.descriptor))
    }
    make().then(
      (joinLink) => this.#state === open && this.#set({ ...open, joinLink }),
      (error: unknown) => console.warn('The join link could not be made', error),
    )
  }

  #set(state: OpenState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}

async function openStore(isStored: boolean): Promise<OpenedState> {
  const { createDocstore, readNetwork } = await import('p2p-docstore')
  const link = isJoinAddress(location) ? location.href : undefined
  const invited = link === undefined ? undefined : (await import('./join-links.ts')).parseJoinLink(link).network?.id
  // An invitation to a network that this browser knows opens the data of that network.
  const known = listDatasets().find(({ network }) => network === invited)
  if (isStored && known !== undefined) chooseData(known.data)
  const data = isStored ? currentData() : MEMORY_DATA
  const store = await createDocstore({ data, join: link ?? location.origin })
  const network = readNetwork(store.info.network.descriptor)
  if (isStored) rememberDataset({ data, network: network.id, networkName: network.descriptor.name })
  // The link has done its work; what stays in the address bar can be bookmarked.
  if (link !== undefined) history.replaceState(null, '', `/${location.hash.startsWith('#/') ? location.hash : '#/'}`)
  // What is here, and what was asked for earlier and has not arrived yet, is kept equal with the relays.
  const here = await store.namespaces.list()
  for (const { id } of here) forgetNamespace(network.id, id)
  for (const id of [...here.map((namespace) => namespace.id), ...rememberedNamespaces(network.id)]) await store.namespaces.open(id)
  const isInviteOnly = network.descriptor.admission === 'invite'
  return { state: 'open', store, joinLink: '', isInviteOnly, isStored }
}
