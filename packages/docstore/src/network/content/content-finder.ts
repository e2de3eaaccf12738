import type { Connection } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { DocstoreError } from '@p2p-docstore/core'
import { firstOf } from '../timing/index.ts'
import type { DocstoreLibp2p } from '../transport/index.ts'
import type { FoundContent } from '../types.ts'
import { askRelay } from './ask-relay.ts'
import { LISTED_MS, MAX_ASKED_AT_ONCE, MAX_ASKED_CONNECTED, MAX_ASKED_LISTED, MAX_PASSING_ON, NEXT_MS } from './limits.ts'

/** How long a connection that is not needed any more may take to close, milliseconds. */
const CLOSE_MS = 1000

/** What finding content takes. */
export interface ContentFinderInit {
  readonly networkId: string
  readonly libp2p: DocstoreLibp2p
  /** Connections to relays that keep documents. */
  readonly relays: () => readonly Connection[]
  /** Relays of the directory that keep documents, the likeliest to be reached first, and where. */
  readonly listed: () => readonly string[]
  readonly addresses: (peer: string) => readonly string[]
  /** Whether a connection to a peer is used by something else. */
  readonly isNeeded: (peer: string) => boolean
}

/** One relay that can be asked. */
interface Question {
  readonly peer: string
  readonly ask: (signal: AbortSignal) => Promise<Uint8Array | undefined>
}

/** Finds content by its CID at relays, each answer checked: first at those that are connected, then at others through one of them, then at others of the directory. */
export class ContentFinder {
  readonly #init: ContentFinderInit

  constructor(init: ContentFinderInit) {
    this.#init = init
  }

  /** `passesOn`: whether relays may be asked to ask others. Resolves without bytes where nobody who was asked has it, or the signal aborts. */
  async find(cid: string, { passesOn, signal }: { readonly passesOn: boolean; readonly signal: AbortSignal }): Promise<FoundContent> {
    const asked = new Set<string>()
    const connected = this.#init.relays().slice(0, MAX_ASKED_CONNECTED)
    const direct = (relay: Connection, passed: boolean): Question => ({
      peer: relay.remotePeer.toString(),
      ask: (end) => this.#ask(relay, { cid, passed }, end),
    })
    const nobody: FoundContent = { bytes: undefined, peer: undefined, asked: [] }
    const steps = [
      () => connected.map((relay) => direct(relay, true)),
      () => (passesOn ? connected.slice(0, MAX_PASSING_ON).map((relay) => direct(relay, false)) : []),
      () => this.#others(new Set(connected.map(({ remotePeer }) => remotePeer.toString())), cid),
    ]
    for (const questions of steps) {
      const askEach = questions().map(({ peer, ask }) => async (end: AbortSignal) => {
        asked.add(peer)
        const bytes = await ask(end)
        return bytes && { bytes, peer }
      })
      const found = signal.aborted ? undefined : await firstOf(askEach, { signal, nextMs: NEXT_MS, atOnce: MAX_ASKED_AT_ONCE })
      if (found !== undefined) return { ...found, asked: [...asked] }
    }
    return { ...nobody, asked: [...asked] }
  }

  /** Which of the relays that can be asked have it, each by the content itself. */
  async holders(cid: string, signal: AbortSignal): Promise<readonly string[]> {
    const connected = this.#init.relays().slice(0, MAX_ASKED_CONNECTED)
    const questions = [
      ...connected.map((relay) => ({ peer: relay.remotePeer.toString(), ask: (end: AbortSignal) => this.#ask(relay, { cid, passed: true }, end) })),
      ...this.#others(new Set(connected.map(({ remotePeer }) => remotePeer.toString())), cid),
    ]
    const answers = await Promise.allSettled(questions.map(({ ask }) => ask(signal)))
    return questions.flatMap(({ peer }, i) => (answers[i]?.status === 'fulfilled' && answers[i].value !== undefined ? [peer] : []))
  }

  /** Relays of the directory to which there is no connection that is looked after. */
  #others(connected: ReadonlySet<string>, cid: string): readonly Question[] {
    const peers = this.#init.listed().filter((peer) => !connected.has(peer))
    return peers.slice(0, MAX_ASKED_LISTED).map((peer) => ({ peer, ask: (end) => this.#dialled(peer, cid, end) }))
  }

  async #dialled(peer: string, cid: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { libp2p, addresses, isNeeded } = this.#init
    const end = AbortSignal.any([signal, AbortSignal.timeout(LISTED_MS)])
    const open = libp2p.getConnections().find((one) => one.remotePeer.toString() === peer && one.status === 'open' && one.limits === undefined)
    if (open !== undefined) return this.#ask(open, { cid, passed: true }, end)
    const { addressBook } = libp2p.services.doorkeeper
    const reachable = addresses(peer)
      .map((address): Multiaddr => multiaddr(address))
      .filter((address) => addressBook.allows(address))
    if (reachable.length === 0) throw new DocstoreError('no-address', 'The relay has no address that can be dialled from here')
    const connection = await libp2p.dial(reachable, { signal: end })
    try {
      return await this.#ask(connection, { cid, passed: true }, end)
    } finally {
      // Opened for this alone.
      if (!isNeeded(peer))
        await connection.close({ signal: AbortSignal.timeout(CLOSE_MS) }).catch(() => connection.abort(new Error('not needed any more')))
    }
  }

  #ask(relay: Connection, request: { readonly cid: string; readonly passed: boolean }, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { libp2p, networkId } = this.#init
    const { misconduct } = libp2p.services.doorkeeper
    return askRelay(relay, { networkId, onMisdeed: misconduct.note.bind(misconduct) }, request, signal)
  }
}
