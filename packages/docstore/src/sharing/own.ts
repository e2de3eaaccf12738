import { identityFromSeed, type Replica } from '@p2p-docstore/core'
import { checkInvitation, fetchWellKnown, MEMBERSHIP, readNetwork, rememberInvitation } from '../network/admission/index.ts'
import type { JoinLink } from '../network/admission/index-join.ts'
import { knownRelays, type MetaReader, RELAYS, rememberRelays, WAYS } from '../network/relays/index.ts'
import { isAlone, noteMet, NOWHERE, placeOf } from '../network/standing.ts'
import type { LocalNetwork } from '../network/local-network.ts'
import { type HandOverReason, type OpenOptions, type Opened, OWNER_TIMEOUT_MS } from './opened.ts'
import type { HeldData } from './place.ts'
import { serveOther } from './serve-other.ts'

/** What is remembered of a network, and goes when it is left. */
const OF_NETWORK = [RELAYS, WAYS, MEMBERSHIP]

/** What the owner does about the others. */
export interface Owning {
  /** Whether the data is let go for one that asks for it. */
  readonly onHandOver?: (reason: HandOverReason) => boolean
  readonly onLost?: (opened: Opened) => void
}

/** Opens data that this program holds, and lets others in. Whatever goes wrong, the data is let go. */
export async function own(
  held: HeldData,
  {
    role,
    network: mode = 'on',
    join,
    descriptor,
    networkName,
    admission,
    names,
    listed = false,
    moves = false,
    onMove,
    identity,
    person = 'first-use',
    isOneOnly,
  }: OpenOptions,
  { onHandOver = () => false, onLost = () => undefined }: Owning = {},
): Promise<Opened> {
  let network: LocalNetwork | undefined
  try {
    const link = join === undefined ? undefined : await resolveLink(await readLink(join), held)
    const wanted = link?.network ?? (descriptor === undefined ? undefined : readNetwork(descriptor))
    const before = await held.getMeta('network')
    const found = await placeOf(wanted?.id, before && readNetwork(before).id, held, moves)
    // A relay is of one network, and its data goes where it can go.
    const isKept = link === undefined && !moves && found === 'moves'
    const place = role === 'relay' && found === 'beside' ? 'moves' : isKept && (await held.hasNamespaces()) ? 'beside' : found
    const taken = place === 'beside' ? undefined : link
    // Documents must not move to a network that does not let this peer in.
    if (taken !== undefined) await checkBefore(taken, held, identity)
    const replica = await held.openReplica({
      network: place === 'beside' ? undefined : wanted?.bytes,
      networkName,
      admission,
      names,
      identity,
      // A relay writes nothing, and is known by its key.
      ...(role === 'relay' || person === 'none' ? {} : { person }),
      moves: place === 'moves' && (link !== undefined || moves) && (await isAlone(held)),
      leaving: OF_NETWORK,
      historyOnlyAsked: role === 'relay',
      ...(onMove === undefined ? {} : { onMove }),
    })
    const { id } = (await replica.info()).network
    if (taken !== undefined) await rememberLink(replica, taken)
    // A relay gives its link to others from its first moment on.
    if (role === 'relay') await noteMet(replica)
    const isIdle = (isOneOnly === true && place === 'beside') || (await held.getMeta(NOWHERE)) !== undefined
    if (!isIdle && (mode === 'on' || (mode === 'auto' && (await knownRelays(replica)).length > 0)))
      network = await held.startNetwork(replica, id, listed)
    // What waits for its namespace must not depend on somebody opening that again.
    if (network !== undefined) for (const ns of await replica.awaited()) await network.want(ns)
    const hangUp = await held.listen((port) => serveOther(port, { replica, network, onHandOver }))
    const close = async (): Promise<void> => {
      hangUp()
      try {
        await network?.close()
      } finally {
        await held.close()
      }
    }
    let closed: Promise<void> | undefined
    const opened: Opened = {
      replica,
      network,
      libp2p: network?.libp2p,
      isOwner: true,
      isCopy: held.isCopy?.() === true,
      isHere: held.isHere === true,
      isRelay: async () => role === 'relay',
      beside: place === 'beside' ? wanted : undefined,
      close: () => (closed ??= close()),
    }
    held.onLost(() => onLost(opened))
    return opened
  } catch (error) {
    await network?.close().catch(() => undefined)
    // What could not be opened the first time was not there.
    await (held.isNew === true && held.discard !== undefined ? held.discard() : held.close()).catch(() => undefined)
    throw error
  }
}

/** What a link says. A page names its own origin mostly, and loads what reads links for others only. Throws `bad-link`. */
export async function readLink(join: string): Promise<JoinLink> {
  if (URL.canParse(join) && new URL(join).origin === join) return { network: undefined, origins: [join], invitation: undefined }
  const { parseJoinLink } = await import('../network/admission/index-join.ts')
  return parseJoinLink(join)
}

/** The link with its network. Only the relay knows it where the link is a bare address; one that this data knows may be down. */
export async function resolveLink(link: JoinLink, meta: MetaReader): Promise<JoinLink> {
  const [origin] = link.origins
  if (link.network !== undefined || (await knownRelays(meta)).includes(origin)) return link
  const { network } = await fetchWellKnown(origin, AbortSignal.timeout(OWNER_TIMEOUT_MS))
  return { ...link, network }
}

/** Keeps what a link into the network of the data holds. Throws `bad-invitation`, `too-many-relays`. */
export async function rememberLink(replica: Replica, { origins, invitation }: JoinLink): Promise<void> {
  const { network, identity } = await replica.info()
  if (invitation !== undefined) await rememberInvitation(replica, invitation, readNetwork(network.descriptor), identity)
  await rememberRelays(replica, origins)
}

async function didOfStored(seed: Uint8Array): Promise<string> {
  if (seed.length === 32) return identityFromSeed(seed).did
  const { didOfLocked } = await import('../people/did-of-locked.ts')
  return didOfLocked(seed)
}

/** Makes sure that an invitation is for who this data is already, or is going to be. Throws `bad-invitation`. */
async function checkBefore({ network, invitation }: JoinLink, meta: MetaReader, given: Uint8Array | undefined): Promise<void> {
  const seed = (await meta.getMeta('identity')) ?? given
  if (network !== undefined && invitation !== undefined && seed !== undefined) await checkInvitation(invitation, network, await didOfStored(seed))
}
