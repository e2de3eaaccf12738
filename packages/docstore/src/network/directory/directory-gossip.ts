import { type GossipSub, type Message, TopicValidatorResult } from '@libp2p/gossipsub'
import type { PeerId } from '@libp2p/interface'
import { decodeCbor, encodeCbor, MAX_PEER_DESCRIPTOR_BYTES } from '@p2p-docstore/core'
import type { Misdeed } from '../admission/index.ts'
import { type Directory, isForgery } from './directory.ts'
import { asPackedEntry, type PackedEntry } from './messages.ts'

/** Largest message: one entry, with its signature. */
const MAX_ENTRY_BYTES: number = MAX_PEER_DESCRIPTOR_BYTES + 256

/** What gossip about the directory takes. */
export interface DirectoryGossipInit {
  readonly pubsub: GossipSub
  readonly networkId: string
  readonly directory: Directory
  readonly onMisdeed: (peer: string, misdeed: Misdeed) => void
  /** Called when something is handed to GossipSub. */
  readonly onSent?: () => void
}

/** Entries on a GossipSub topic, one a message. What a peer does not keep it does not pass on; comparing brings it later, if there is room then. */
export class DirectoryGossip {
  readonly #init: DirectoryGossipInit
  readonly #topic: string
  #isStopped = false

  constructor(init: DirectoryGossipInit) {
    this.#init = init
    this.#topic = `/docstore/${init.networkId}/directory`
    init.pubsub.topicValidators.set(this.#topic, (from, message) => this.#judge(from, message))
    init.pubsub.subscribe(this.#topic)
  }

  /** To be called before GossipSub stops: it takes no more calls then. */
  stop(): void {
    this.#isStopped = true
    this.#init.pubsub.topicValidators.delete(this.#topic)
  }

  /** Sends an entry to those who are there. */
  async publish(entry: PackedEntry): Promise<void> {
    if (this.#isStopped) return
    this.#init.onSent?.()
    await this.#init.pubsub.publish(this.#topic, encodeCbor({ kind: entry.kind, packed: entry.packed }))
  }

  async #judge(from: PeerId, message: Message): Promise<TopicValidatorResult> {
    const { directory, onMisdeed } = this.#init
    const decoded = decodeCbor(message.data, MAX_ENTRY_BYTES)
    const entry = decoded.ok ? asPackedEntry(decoded.value) : undefined
    const source = from.toString()
    const added = entry === undefined ? 'malformed' : await directory.add(entry, source)
    if (isForgery(added)) {
      onMisdeed(source, 'forged-entries')
      return TopicValidatorResult.Reject
    }
    // What is known already is not passed on again, however often somebody says it.
    return added === 'new' || added === 'newer' ? TopicValidatorResult.Accept : TopicValidatorResult.Ignore
  }
}
