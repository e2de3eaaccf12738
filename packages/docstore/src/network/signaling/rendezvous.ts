import type { Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { shuffled } from '../shuffled.ts'

/** What a peer speaks that can be brought together with others for a direct connection over WebRTC; libp2p does not export the name. */
export const SIGNALING_PROTOCOL = '/webrtc-signaling/0.0.1'

/** Namespaces per peer that are noted, pairs in all, and how many peers an answer names. */
const MAX_PER_PEER = 256
const MAX_PAIRS = 500_000
const MAX_ANSWERED = 32
/** Peers at which an answer looks. */
const MAX_LOOKED_AT = 512

/**
 * Which of the peers that are connected to a relay keep which namespace: how browsers of one namespace find each other. Learnt from what they
 * ask for when they sync, forgotten when they leave.
 */
export class Rendezvous {
  readonly #libp2p: Pick<Libp2p, 'peerStore'>
  readonly #namespaces = new Map<string, Set<string>>()
  readonly #peers = new Map<string, Set<string>>()
  #pairs = 0

  constructor(libp2p: Pick<Libp2p, 'peerStore'>) {
    this.#libp2p = libp2p
  }

  /**
   * Notes that a peer works on a namespace; tells whether that is new. What there is no room for is not noted: such peers meet through the relay all
   * the same.
   */
  note(peer: string, ns: string): boolean {
    const kept = this.#peers.get(peer) ?? new Set()
    if (kept.has(ns) || kept.size >= MAX_PER_PEER || this.#pairs >= MAX_PAIRS) return false
    this.#peers.set(peer, kept.add(ns))
    this.#namespaces.set(ns, (this.#namespaces.get(ns) ?? new Set()).add(peer))
    this.#pairs++
    return true
  }

  /** To be called when a peer has left. */
  forget(peer: string): void {
    for (const ns of this.#peers.get(peer) ?? []) {
      const keepers = this.#namespaces.get(ns)
      keepers?.delete(peer)
      if (keepers?.size === 0) this.#namespaces.delete(ns)
      this.#pairs--
    }
    this.#peers.delete(peer)
  }

  /** Peers that work on a namespace and are connected here. */
  peersOf(ns: string): readonly string[] {
    return [...(this.#namespaces.get(ns) ?? [])]
  }

  /**
   * Peers that keep a namespace and that others can be brought together with: at most 32, and where there are more, other ones each time.
   * Who asks keeps it too, as a rule: of two that ask at the same time, the second finds the first.
   */
  async keepers(ns: string, asker: string): Promise<readonly string[]> {
    const all = shuffled([...(this.#namespaces.get(ns) ?? [])].filter((peer) => peer !== asker)).slice(0, MAX_LOOKED_AT)
    this.note(asker, ns)
    const speaking = await Promise.all(all.map((peer) => this.#speaksSignaling(peer)))
    return all.filter((_, index) => speaking[index]).slice(0, MAX_ANSWERED)
  }

  async #speaksSignaling(peer: string): Promise<boolean> {
    try {
      return (await this.#libp2p.peerStore.get(peerIdFromString(peer))).protocols.includes(SIGNALING_PROTOCOL)
    } catch {
      // It has just left.
      return false
    }
  }
}
