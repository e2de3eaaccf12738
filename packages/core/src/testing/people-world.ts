import { DAG_CBOR, parseCid } from '../model/encoding/cid.ts'
import { type Identity, identityFromSeed } from '../model/keys/identity.ts'
import { createNetwork } from '../model/network/network.ts'
import { signDevice } from '../model/people/act.ts'
import type { LocalReplica } from '../replica/local-replica.ts'
import type { PersonChoice } from '../replica/people/choosing/choose-person.ts'
import { HostileNetwork } from './hostile-network.ts'
import { type SeededRandom, seededRandom } from './random.ts'
import { TestPeer } from './test-peer.ts'
import { VirtualTime } from './virtual-time.ts'

/** Peers that are connected as lines say, on time that does not pass by itself. */
export class World {
  readonly time = new VirtualTime()
  readonly random = seededRandom(3)
  readonly network = createNetwork('people', { nonce: this.random.bytes(16) })
  readonly wires = new HostileNetwork(this.time, this.random)
  readonly peers: TestPeer[] = []

  async peer(name: string, person?: PersonChoice, seed?: Uint8Array): Promise<TestPeer> {
    const { network, time, wires, random } = this
    const peer = new TestPeer({
      name,
      role: name.startsWith('relay') ? 'relay' : 'peer',
      network,
      time,
      wires,
      random,
      ...(person && { person }),
      ...(seed && { seed }),
    })
    await peer.start()
    this.peers.push(peer)
    return peer
  }

  /** Another device of the person of a peer. */
  async device(name: string, of: TestPeer): Promise<TestPeer> {
    const seed = this.random.bytes(32)
    await addDevice(of.replica, identityFromSeed(seed), name)
    const { log } = (await of.replica.person()) ?? {}
    if (log === undefined) throw new Error('no person')
    return this.peer(name, { log }, seed)
  }

  async settle(ms = 60_000): Promise<void> {
    await this.time.advance(ms)
  }

  async close(): Promise<void> {
    for (const peer of this.peers) await peer.close()
  }
}

/** Makes a key a device of the person for whom a replica signs. */
export async function addDevice(replica: LocalReplica, device: Identity, label: string): Promise<void> {
  const cid = parseCid(DAG_CBOR, (await replica.person())?.id ?? '')
  if (cid === undefined) throw new Error('no person')
  await replica.changePerson({ type: 'add', key: device.author, label, proof: signDevice(cid, device) })
}

/** Writes a note with this id. */
export async function put(peer: TestPeer, ns: string, id: string, n = 0): Promise<void> {
  await peer.replica.write(ns, 'notes', [{ id, content: `{"_id":"${id}","n":${n}}` }])
}

/** Ids of the notes that are there. */
export async function ids(peer: TestPeer, ns: string): Promise<readonly string[]> {
  const { contents } = await peer.replica.find(ns, 'notes', { limit: 1000, sort: { _id: 1 } })
  return contents.map((content) => (JSON.parse(content) as { readonly _id: string })._id)
}

/** The items in a random order. */
export function shuffled<T>(items: readonly T[], random: SeededRandom): readonly T[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
