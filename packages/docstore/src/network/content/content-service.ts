import type { Connection } from '@libp2p/interface'
import { DAG_JSON, DocstoreError, isFileCid, type Ledger, parseCid, type Replica } from '@p2p-docstore/core'
import { offers } from '../relay-services.ts'
import { limited } from '../timing/index.ts'
import type { DocstoreLibp2p } from '../transport/index.ts'
import type { FoundContent, Network } from '../types.ts'
import { contentAt } from './content-at.ts'
import { ContentFinder } from './content-finder.ts'
import { serveContent } from './content-responder.ts'
import { MAX_PASSED_ON_AT_ONCE, PASS_ON_MS } from './limits.ts'
import { PassedOn } from './passed-on.ts'

/** The part of the directory that says which relays there are. */
interface ListedRelays {
  relays(): readonly string[]
  services(peer: string): readonly string[] | undefined
  addresses(peer: string): readonly string[]
}

/** What content of a running peer takes. */
export interface ContentServiceInit {
  readonly networkId: string
  readonly replica: Replica
  readonly libp2p: DocstoreLibp2p
  readonly isRelay: boolean
  /** Whether this is a relay that gives what lies here. */
  readonly gives: boolean
  /** Connections to relays that keep documents. */
  readonly relays: () => readonly Connection[]
  readonly directory: () => ListedRelays | undefined
  /** Whether a connection to a peer is used by something else. */
  readonly isNeeded: (peer: string) => boolean
  readonly ledgerOf: (peer: string) => Ledger
  readonly ended: AbortSignal
}

/** Content by its CID, as a running peer asks for it and, at a relay, gives it. */
export class ContentService {
  readonly #init: ContentServiceInit
  readonly #finder: ContentFinder
  readonly #passedOn: PassedOn

  constructor(init: ContentServiceInit) {
    const { networkId, libp2p, relays, directory, isNeeded, ended } = init
    this.#init = init
    this.#finder = new ContentFinder({
      networkId,
      libp2p,
      relays,
      listed: () => (directory()?.relays() ?? []).filter((peer) => offers(directory()?.services(peer), 'storage')),
      addresses: (peer) => directory()?.addresses(peer) ?? [],
      isNeeded,
    })
    const find = async (cid: string): Promise<Uint8Array | undefined> =>
      (await this.#finder.find(cid, { passesOn: false, signal: AbortSignal.any([ended, AbortSignal.timeout(PASS_ON_MS)]) })).bytes
    this.#passedOn = new PassedOn(find, MAX_PASSED_ON_AT_ONCE)
  }

  /** Answers others: what a relay does. */
  async serve(): Promise<void> {
    const { libp2p, replica, networkId, ledgerOf } = this.#init
    const { misconduct } = libp2p.services.doorkeeper
    await serveContent(libp2p, { replica, networkId, misconduct, ledgerOf, passOn: (cid) => this.#passedOn.find(cid) })
  }

  async content({ cid, timeoutMs, signal }: Parameters<Network['content']>[0]): Promise<FoundContent> {
    if (parseCid(DAG_JSON, cid) === undefined && !isFileCid(cid)) throw new DocstoreError('bad-cid', `${cid.slice(0, 80)} is no CID of content`)
    // A relay asks others for many: what comes over HTTP is bounded together with what peers ask.
    const found = this.#init.isRelay
      ? { bytes: await this.#passedOn.find(cid), peer: undefined, asked: [] }
      : await this.#finder.find(cid, { passesOn: true, signal: limited(timeoutMs, signal, this.#init.ended) })
    signal?.throwIfAborted()
    return found
  }

  async holders({ cid, timeoutMs, signal }: Parameters<Network['contentHolders']>[0]): Promise<readonly string[]> {
    const { gives, replica, libp2p, ended } = this.#init
    const isHere = gives && (await contentAt(replica, cid)) !== undefined
    const others = await this.#finder.holders(cid, limited(timeoutMs, signal, ended))
    signal?.throwIfAborted()
    return isHere ? [libp2p.peerId.toString(), ...others] : others
  }
}
