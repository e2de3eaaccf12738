import { openReplica, type Network as Descriptor, type Replica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { type Invitation, rememberInvitation } from '../admission/invitation.ts'
import type { DocstoreLibp2p } from '../transport/libp2p.ts'
import { type Libp2pOptions, startLibp2p } from '../transport/libp2p-node.ts'
import { openIntake } from '../intake/index-node.ts'
import { LocalNetwork } from '../local-network.ts'
import type { RelayLimits } from '../relay-limits.ts'
import { greetedServices, offers } from '../relay-services.ts'
import { ForwardedTopics } from '../topics/index-node.ts'
import type { RelayStorage } from '../types.ts'

/** How a peer of a test begins. */
export interface TestPeerOptions extends Libp2pOptions {
  /** Origins of the relays that it keeps in touch with. */
  readonly relays?: readonly string[]
  readonly storage?: RelayStorage
  readonly limits?: RelayLimits
  /** Data that is there already; without it, there is new data in memory. */
  readonly replica?: Replica
  /** Whether others may know of it, how long that holds, and how often it compares what it knows of others. */
  readonly listed?: boolean
  readonly directory?: { readonly lifeMs?: number; readonly compareMs?: number }
  /** Its wall clock, Unix milliseconds. */
  readonly now?: () => number
  /** How long it asks for a file that nobody has, milliseconds. */
  readonly filePatienceMs?: number
  /** With which it comes into an invite-only network. */
  readonly invitation?: Invitation
}

/** A peer of a network, as `createDocstore` makes it, in the process of the test. */
export class TestPeer {
  readonly replica: Replica
  readonly network: LocalNetwork

  private constructor(replica: Replica, network: LocalNetwork) {
    this.replica = replica
    this.network = network
  }

  static async start(
    descriptor: Descriptor,
    {
      relays = [],
      storage = 'all',
      services,
      limits = {},
      replica: given,
      invitation,
      listed = false,
      directory = {},
      now = Date.now,
      filePatienceMs,
      ...options
    }: TestPeerOptions = {},
  ): Promise<TestPeer> {
    const replica = given ?? (await openReplica(openNodeStorage(':memory:'), { network: descriptor.bytes, now }))
    if (invitation !== undefined) await rememberInvitation(replica, invitation, descriptor, (await replica.info()).identity)
    const libp2p = await startLibp2p(replica, { ...options, services: greetedServices(services, storage) })
    const role = options.role ?? 'peer'
    const intake = role === 'relay' ? await openIntake(replica, limits, (error) => libp2p.logger.forComponent('test').error(error)) : undefined
    const passesOn = role === 'relay' && offers(services, 'messages')
    const forwardedTopics = passesOn
      ? (isOwn: (topic: string) => boolean) =>
          new ForwardedTopics({ pubsub: libp2p.services.pubsub, networkId: descriptor.id, isOwn, topicsPerPeer: limits.topicsPerPeer })
      : undefined
    const init = {
      replica,
      networkId: descriptor.id,
      libp2p,
      role,
      storage,
      services,
      intake,
      forwardedTopics,
      listed,
      directory,
      now,
      filePatienceMs,
    }
    const network = await LocalNetwork.start(init)
    for (const origin of relays) await network.addRelay(origin)
    return new TestPeer(replica, network)
  }

  get libp2p(): DocstoreLibp2p {
    return this.network.libp2p
  }

  get id(): string {
    return this.libp2p.peerId.toString()
  }

  /** Whether it has a place at the relay that it was given as the only one. */
  async hasReservation(): Promise<boolean> {
    return (await this.network.peers())[0]?.reservation === true
  }

  async close(): Promise<void> {
    await this.network.close()
    await this.replica.close()
  }
}
