import { DocstoreError, errorCode } from '../errors.ts'
import { toHex } from '../model/bytes.ts'
import type { Identity } from '../model/keys/identity.ts'
import { createNetwork, decodeNetwork, type NameAuthorities, type Network } from '../model/network/network.ts'
import { identityFor } from '../model/people/author.ts'
import type { Storage } from '../storage/storage.ts'
import { LocalReplica, type LocalReplicaInit } from './local-replica.ts'
import type { PersonChoice } from './people/choosing/choose-person.ts'
import { PERSON } from './people/person-meta.ts'
import type { MoveProgress } from './moving/move-network.ts'
import { IDENTITY, openIdentity } from './open-identity.ts'

/** Keys of the small values that make up a peer. */
const EPOCH = 'epoch'
const NETWORK = 'network'
/** There where the network was given or named, and not made because there was none. */
const CHOSEN = 'network-chosen'
/** 0 while nobody else has been met in the network, 1 afterwards; absent in data of before that was noted. Whoever meets somebody sets it. */
const MET = 'network-met'

/** How to open a replica. */
export interface OpenReplicaOptions
  extends Pick<LocalReplicaInit, 'now' | 'aside' | 'pause' | 'random' | 'queries' | 'historyOnlyAsked' | 'onPerson'> {
  /**
   * The identity that the data gets on first use, where it is not to be a new one: a seed, locked with a passphrase or not. Data that has the same one gets
   * the same lock.
   */
  readonly identity?: Uint8Array | undefined
  /** What opens an identity that is locked. */
  readonly passphrase?: string | undefined
  /**
   * For whom new data signs, see `PersonChoice`. Data that has signed for its key alone goes on so, and data of a person for that person.
   */
  readonly person?: PersonChoice | undefined
  /** Descriptor of the network to join; refused where the data has documents in another network, unless they may move. */
  readonly network?: Uint8Array | undefined
  /** Name of the network that is made where there is none and none is given. */
  readonly networkName?: string | undefined
  /** Who may join the one that is made: with `'invite'` those whom this identity invites. */
  readonly admission?: 'open' | 'invite' | undefined
  /** Who grants usernames in the one that is made: this identity (`'own'`), or several; without it, nobody does. */
  readonly names?: 'own' | NameAuthorities | undefined
  /** Whether the documents that are here move to the network: only where nobody else was ever in theirs. */
  readonly moves?: boolean
  /** Names of small values that belong to the network, and go when it is left. */
  readonly leaving?: readonly string[]
  /** Called while documents move, see `NetworkMove`. */
  readonly onMove?: ((progress: MoveProgress) => void) | undefined
}

/**
 * Opens the data of a peer. On first use it gets an identity, and a network: the given one, or a new one of its own. Throws `passphrase-needed`,
 * `wrong-passphrase`.
 */
export async function openReplica(
  storage: Storage,
  {
    identity: given,
    passphrase,
    person: choice,
    network,
    networkName,
    admission = 'open',
    names,
    moves = false,
    leaving = [],
    onMove,
    ...init
  }: OpenReplicaOptions = {},
): Promise<LocalReplica> {
  // Data of before signs as it did: others may know it by its key.
  const isFirstUse = choice === 'first-use' && (await storage.getMeta(IDENTITY)) === undefined
  const wanted = choice === 'first-use' ? (isFirstUse ? 'new' : undefined) : choice
  const { seed, identity: key } = await openIdentity(storage, { given, passphrase })
  const epoch = (await storage.getMeta(EPOCH)) ?? (await remember(storage, EPOCH, crypto.getRandomValues(new Uint8Array(8))))
  const known = await storage.getMeta(PERSON)
  // Loaded where there is a person to begin with: once in the life of the data.
  const chosen =
    known === undefined && wanted !== undefined
      ? await (await import('./people/choosing/choose-person.ts')).choosePerson(storage, { identity: key, seed }, wanted)
      : known
  const identity = chosen === undefined ? key : identityFor(chosen, key)
  const granting = names === 'own' ? { authorities: [key.author], quorum: 1 } : names
  const create = (): Network =>
    createNetwork(networkName ?? 'my network', {
      ...(admission === 'open' ? {} : { admission, authorities: [key.author] }),
      ...(granting === undefined ? {} : { names: granting }),
    })
  const joined = await chooseNetwork(storage, { wanted: network, create, identity, moves, leaving, onMove })
  if (network !== undefined || networkName !== undefined) await remember(storage, CHOSEN, Uint8Array.of(1))
  return LocalReplica.open({
    ...init,
    storage,
    network: joined,
    identity,
    seed,
    epoch: toHex(epoch),
  })
}

interface Choice extends Required<Pick<OpenReplicaOptions, 'moves' | 'leaving'>>, Pick<OpenReplicaOptions, 'onMove'> {
  readonly wanted: Uint8Array | undefined
  readonly create: () => Network
  readonly identity: Identity
}

async function chooseNetwork(storage: Storage, { wanted, create, identity, moves, leaving, onMove }: Choice): Promise<Network> {
  const storedBytes = await storage.getMeta(NETWORK)
  const stored = storedBytes === undefined ? undefined : readNetwork(storedBytes)
  const given = wanted === undefined ? undefined : readNetwork(wanted)
  if (stored === undefined) {
    const network = given ?? create()
    await remember(storage, MET, Uint8Array.of(0))
    try {
      await remember(storage, NETWORK, network.bytes)
      return network
    } catch (error) {
      // Another process made one at the same moment, where several share a database: theirs is that of all.
      const others = given === undefined && errorCode(error) === 'other-network' ? await storage.getMeta(NETWORK) : undefined
      if (others === undefined) throw error
      return readNetwork(others)
    }
  }
  if (given === undefined || given.id === stored.id) return stored
  if (!moves && (await storage.namespaces()).length > 0) {
    throw new DocstoreError(
      'other-network',
      `This data has documents in the network "${stored.descriptor.name}" (${stored.id}). Use another data folder for another network`,
    )
  }
  // Few ever leave a network.
  const { moveNetwork } = await import('./moving/move-network.ts')
  const set = [
    [NETWORK, given.bytes],
    [CHOSEN, Uint8Array.of(1)],
    [MET, Uint8Array.of(0)],
  ] as const
  const meta = new Map<string, Uint8Array | undefined>([...set, ...leaving.map((name) => [name, undefined] as const)])
  await moveNetwork(storage, { identity, from: stored, to: given, meta, onMove })
  return given
}

function readNetwork(bytes: Uint8Array): Network {
  const network = decodeNetwork(bytes)
  if (!network.ok) throw new DocstoreError('bad-network', `The network descriptor is not valid (${network.reason})`)
  return network.value
}

async function remember(storage: Storage, key: string, value: Uint8Array): Promise<Uint8Array> {
  await storage.setMeta(key, value)
  return value
}
