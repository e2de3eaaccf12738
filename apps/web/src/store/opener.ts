import type { Docstore } from 'p2p-docstore'
import { chooseData, currentData, listDatasets, MEMORY_DATA, rememberDataset } from './datasets.ts'
import { errorCode, errorText } from './error-text.ts'
import { isJoinAddress } from './join-address.ts'
import { forgetNamespace, rememberedNamespaces } from './remembered.ts'

/** Where opening the store stands. */
export type OpenState =
  | { readonly state: 'opening' }
  | { readonly state: 'open'; readonly store: Docstore; readonly joinLink: string; readonly isInviteOnly: boolean; readonly isStored: boolean }
  | { readonly state: 'failed'; readonly code: string; readonly message: string }

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
      this.#set(await openStore(isStored))
    } catch (error) {
      this.#set({ state: 'failed', code: errorCode(error), message: errorText(error) })
    }
  }

  #set(state: OpenState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}

async function openStore(isStored: boolean): Promise<OpenState> {
  const { createDocstore, formatJoinLink, parseJoinLink, readNetwork } = await import('p2p-docstore')
  const link = isJoinAddress(location) ? location.href : undefined
  const invited = link === undefined ? undefined : parseJoinLink(link).network?.id
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
  return { state: 'open', store, joinLink: formatJoinLink(location.origin, network), isInviteOnly, isStored }
}
