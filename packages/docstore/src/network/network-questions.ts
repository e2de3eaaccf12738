import type { Connection } from '@libp2p/interface'
import { errorCode, type Replica } from '@p2p-docstore/core'
import type { PlacementTimes } from '@p2p-docstore/core/placement'
import { readNetwork } from './admission/index.ts'
import type { NetworkDirectory } from './directory/index.ts'
import type { RelaySectors } from './placement/index-relay.ts'
import { MEET_FOR_PERSON_MS, type MetStores, meetStores, type PlacementView } from './placement/index-view.ts'
import { askReports, askStandings, whereIs } from './placement/index-where.ts'
import { askPicture, askProfiles, type ProfileAsking } from './profiles/index-ask.ts'
import type { NetworkService } from './relay-services.ts'
import type { RelayLinks } from './relays/index.ts'
import { type Listen, limited } from './timing/index.ts'
import type { DocstoreLibp2p } from './transport/index.ts'
import type { ListedPage, Network, RelaySectorsReport, ToldProfiles, Whereabouts } from './types.ts'

/** What is asked, and on what answers stand. */
export interface NetworkQuestionsInit {
  readonly replica: Replica
  readonly networkId: string
  readonly libp2p: DocstoreLibp2p
  readonly isRelay: boolean
  readonly relays: RelayLinks
  /** Connections to relays that do this for others. */
  readonly connections: (service: NetworkService) => readonly Connection[]
  readonly directory: () => NetworkDirectory | undefined
  readonly onDirectory: Listen
  readonly sectors: () => RelaySectors | undefined
  readonly view: () => Promise<PlacementView>
  readonly placementTimes: PlacementTimes | undefined
  readonly now: () => number
  /** Ends with the network. */
  readonly ended: AbortSignal
}

/** What a network asks of relays now and then: where things lie, who is who, what there is. Loaded with the first question. */
export class NetworkQuestions {
  readonly #init: NetworkQuestionsInit

  constructor(init: NetworkQuestionsInit) {
    this.#init = init
  }

  async listed({ timeoutMs, signal, ...request }: Parameters<Network['listed']>[0]): Promise<ListedPage> {
    const { connections, directory } = this.#init
    const until = this.#until(timeoutMs, signal)
    if (request.after === '') await this.#otherStores(undefined, until)
    const page = await directory()?.list(connections('storage'), request, until)
    signal?.throwIfAborted()
    return page ?? { namespaces: [], next: undefined, relays: 0 }
  }

  async where({ ns, timeoutMs, signal }: Parameters<Network['where']>[0]): Promise<Whereabouts> {
    const { replica, networkId, libp2p, isRelay, connections, directory, sectors, view: openView, placementTimes, now } = this.#init
    const view = await openView()
    const told = (sector: number, until: AbortSignal) =>
      askStandings(connections('storage'), sector, { networkId, keyOf: (peer) => view.keyOf(peer) }, until)
    const asked = connections('discovery')
    const found = await whereIs(
      ns,
      {
        network: readNetwork((await replica.info()).network.descriptor),
        relays: directory()?.directory.relays() ?? [],
        find: (until) => asked.map(async (relay) => (await directory()?.find(ns, relay, until)) ?? []),
        standings: async (sector, until) => [...(sectors()?.standings(sector) ?? []), ...(await told(sector, until))],
        times: placementTimes,
        split: Math.log2((await replica.namespace(ns))?.split ?? 1),
        own: isRelay && (await replica.namespace(ns)) !== undefined ? libp2p.peerId.toString() : undefined,
        now: now(),
      },
      this.#until(timeoutMs, signal),
    )
    signal?.throwIfAborted()
    return found
  }

  async sectors({ timeoutMs, signal }: Parameters<Network['sectors']>[0]): Promise<readonly RelaySectorsReport[]> {
    const { libp2p, networkId, connections, sectors } = this.#init
    const until = this.#until(timeoutMs, signal)
    await this.#otherStores(undefined, until)
    const own = await sectors()?.report()
    const others = await askReports(connections('storage'), networkId, until)
    return [...(own === undefined ? [] : [{ peer: libp2p.peerId.toString(), ...own }]), ...others]
  }

  async profiles({ ids, timeoutMs, signal }: Parameters<Network['profiles']>[0]): Promise<ToldProfiles> {
    return askProfiles(ids, this.#profileAsking(), this.#until(timeoutMs, signal))
  }

  async picture({ ns, cid, timeoutMs, signal }: Parameters<Network['picture']>[0]): Promise<Uint8Array | undefined> {
    return askPicture({ ns, cid }, this.#profileAsking(), this.#until(timeoutMs, signal))
  }

  async findPerson({ seed, person, timeoutMs, signal }: Parameters<Network['findPerson']>[0]): ReturnType<Network['findPerson']> {
    const { libp2p, networkId, connections } = this.#init
    const until = this.#until(timeoutMs, signal)
    const { findPerson } = await import('./people/index-find.ts')
    await this.#otherStores(undefined, until, MEET_FOR_PERSON_MS)
    const ask = (): ReturnType<Network['findPerson']> =>
      findPerson(connections('storage'), { networkId, self: libp2p.peerId.toString(), seed, person }, until)
    try {
      return await ask()
    } catch (error) {
      // Who has just come may be asked over a connection whose place another one takes at that moment.
      if (errorCode(error) !== 'connection-lost') throw error
      return ask()
    }
  }

  #profileAsking(): ProfileAsking {
    const { replica, networkId, libp2p, connections } = this.#init
    const { misconduct } = libp2p.services.doorkeeper
    return {
      networkId,
      replica,
      relays: connections('storage'),
      ownersOf: (namespaces, signal) => this.#otherStores(namespaces, signal),
      onMisdeed: misconduct.note.bind(misconduct),
    }
  }

  /** Connections to relays that may have what those that are connected lack, where each keeps a part: to owners of these namespaces, or to any. */
  #otherStores(namespaces: readonly string[] | undefined, signal: AbortSignal, meetMs?: number): Promise<MetStores> {
    const { libp2p, relays, connections, directory, onDirectory, view } = this.#init
    const { doorkeeper } = libp2p.services
    const init = { view, directory, onDirectory, links: relays, stores: () => connections('storage'), doorkeeper }
    return meetStores(namespaces, meetMs === undefined ? init : { ...init, meetMs }, signal)
  }

  #until(timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
    return limited(timeoutMs, signal, this.#init.ended)
  }
}
