import { DocstoreError, errorCode, type Replica, type ReplicaInfo } from '@p2p-docstore/core'
import { readNetwork } from '../network/admission/index.ts'
import type { JoinLink } from '../network/admission/index-join.ts'
import { knownRelays } from '../network/relays/index.ts'
import { isAlone, placeOf } from '../network/standing.ts'
import type { Network } from '../network/types.ts'
import { remoteNetwork, remoteReplica } from '../rpc/remote.ts'
import { type Port, RpcClient, type SilenceVerdict } from '../rpc/rpc.ts'
import { type HandOverReason, type OpenOptions, type Opened, OWNER_TIMEOUT_MS } from './opened.ts'
import { readLink, rememberLink, resolveLink } from './own.ts'

/**
 * Works with data over a line to its owner. `undefined` where the owner ends or does not answer, or where it was asked to let the data
 * go because it has no network and we want one. `onGone` is called when the owner ends later.
 */
export async function attach(
  port: Port,
  { network: mode = 'on', join, descriptor, moves, isOneOnly }: OpenOptions,
  onGone: (opened: Opened) => void,
  silence?: SilenceVerdict,
): Promise<Opened | undefined> {
  const client = new RpcClient(port)
  try {
    const replica = remoteReplica(client)
    const hasNetwork = (await answerOf(client, 'has-network')) === true
    const network = hasNetwork ? remoteNetwork(client) : undefined
    const current = (await replica.info()).network
    const link = join === undefined ? undefined : await linkOf(join, replica)
    const wanted = link?.network ?? (descriptor === undefined ? undefined : readNetwork(descriptor))
    const found = await placeOf(wanted?.id, current.id, replica, moves)
    if (found === 'moves' && (link !== undefined || moves === true)) throw movesMeanwhile()
    const place = found === 'moves' ? 'beside' : found
    if (place === 'here' && link !== undefined) await takeLink(link, replica, network)
    const isIdle = isOneOnly === true && place === 'beside'
    const wantsNetwork = isIdle ? false : mode === 'on' || (mode === 'auto' && (await knownRelays(replica)).length > 0)
    if (wantsNetwork && !hasNetwork) {
      await answerOf(client, 'hand-over', 'network' satisfies HandOverReason)
      await untilHungUp(client)
      return undefined
    }
    if (silence !== undefined) client.watchSilence(silence)
    let isClosed = false
    const opened: Opened = {
      replica,
      network: mode === 'off' ? undefined : network,
      libp2p: undefined,
      isOwner: false,
      isCopy: false,
      isHere: false,
      isRelay: async () => hasNetwork && remoteNetwork(client).isRelay(),
      beside: place === 'beside' ? wanted : undefined,
      close: async () => {
        isClosed = true
        client.close()
      },
    }
    client.onClose(() => !isClosed && onGone(opened))
    return opened
  } catch (error) {
    client.close()
    if (errorCode(error) === 'owner-gone') return undefined
    throw error
  }
}

/**
 * Asks the owner of the data to let it go, for a relay. False where it will not: it is a relay itself. Throws `data-in-use` and `other-network` where the
 * relay would take the data to another network than the owner works in.
 */
export async function askForHandOver(port: Port, join?: string): Promise<boolean> {
  return letGo(port, 'relay', async (replica) => {
    if (join !== undefined) await refuseOther(await linkOf(join, replica), replica)
  })
}

/** Asks the owner of the data to let it go, once `check` has nothing against it. False where it will not. */
export async function letGo(port: Port, reason: HandOverReason, check?: (replica: Replica) => Promise<void>): Promise<boolean> {
  const client = new RpcClient(port)
  try {
    await check?.(remoteReplica(client))
    const letsGo = (await answerOf(client, 'hand-over', reason)) === true
    if (letsGo) await untilHungUp(client)
    return letsGo
  } catch (error) {
    if (errorCode(error) !== 'owner-gone') throw error
    // It ended meanwhile.
    return true
  } finally {
    client.close()
  }
}

/** The owner's answer. One that was stopped still lets us connect: the line is closed then, which rejects with `owner-gone`. */
async function answerOf(client: RpcClient, method: string, ...args: readonly unknown[]): Promise<unknown> {
  const timer = setTimeout(() => client.close(), OWNER_TIMEOUT_MS)
  try {
    return await client.call(method, args)
  } finally {
    clearTimeout(timer)
  }
}

/** An owner that lets the data go hangs up before. */
async function untilHungUp(client: RpcClient): Promise<void> {
  const timer = setTimeout(() => client.close(), OWNER_TIMEOUT_MS)
  await new Promise<void>((resolve) => client.onClose(resolve))
  clearTimeout(timer)
}

/** Remembers a link into the network that the data is in, and keeps in touch with its relays from now on. Throws `bad-invitation`, `too-many-relays`. */
export async function takeLink(link: JoinLink, replica: Replica, network: Network | undefined): Promise<void> {
  await rememberLink(replica, link)
  for (const origin of link.origins) await network?.addRelay(origin)
}

async function linkOf(join: string, replica: Replica): Promise<JoinLink> {
  return resolveLink(await readLink(join), replica)
}

/** What another program works with must not move under its hands. */
async function refuseOther(link: JoinLink, replica: Replica): Promise<void> {
  const current = (await replica.info()).network
  if (link.network === undefined || link.network.id === current.id) return
  if (!(await isAlone(replica))) throw otherNetwork(current)
  throw movesMeanwhile()
}

function movesMeanwhile(): DocstoreError {
  return new DocstoreError(
    'data-in-use',
    'Another program or tab has this data open, and joining another network moves its documents there. Close it, then join again; or join beside the network that they are in (--beside)',
  )
}

function otherNetwork({ name, id }: ReplicaInfo['network']): DocstoreError {
  return new DocstoreError('other-network', `The data is in use for the network "${name}" (${id}), not for this one. Use another data folder`)
}
