import { connect } from 'node:net'
import { DocstoreError, errorCode, type Replica, type ReplicaInfo } from '@p2p-docstore/core'
import type { DocstoreOptions } from '../create-node.ts'
import { parseJoinLink, readNetwork } from '../network/join-link.ts'
import { knownRelays, rememberRelay } from '../network/known-relays.ts'
import type { Network } from '../network/types.ts'
import { remoteNetwork, remoteReplica } from '../rpc/remote.ts'
import { RpcClient } from '../rpc/rpc.ts'
import { socketPort } from '../rpc/socket-port-node.ts'
import { type HandOverReason, type Opened, OWNER_TIMEOUT_MS } from './opened.ts'
import { resolveLink } from './own-node.ts'

/**
 * Works with a data folder through the process that owns it. `undefined` where no owner answers, or where it was asked to let the
 * folder go because it has no network and we want one. `onGone` is called when the owner ends.
 */
export async function attach(
  path: string,
  { network: mode = 'on', join, descriptor }: DocstoreOptions,
  onGone: (opened: Opened) => void,
): Promise<Opened | undefined> {
  const client = await connectToOwner(path)
  if (client === undefined) return undefined
  try {
    const replica = remoteReplica(client)
    const hasNetwork = (await answerOf(client, 'has-network')) === true
    const network = hasNetwork ? remoteNetwork(client) : undefined
    const current = (await replica.info()).network
    if (join !== undefined) await joinThroughOwner(join, current, replica, network)
    if (descriptor !== undefined && readNetwork(descriptor).id !== current.id) throw otherNetwork(current)
    const wantsNetwork = mode === 'on' || (mode === 'auto' && (await knownRelays(replica)).length > 0)
    if (wantsNetwork && !hasNetwork) {
      await answerOf(client, 'hand-over', 'network' satisfies HandOverReason)
      client.close()
      return undefined
    }
    let isClosed = false
    const opened: Opened = {
      replica,
      network: mode === 'off' ? undefined : network,
      libp2p: undefined,
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

/** Asks the owner of a data folder to let it go, for a relay. False where it will not: it is a relay itself. */
export async function askForHandOver(path: string): Promise<boolean> {
  const client = await connectToOwner(path)
  if (client === undefined) return true
  try {
    return (await answerOf(client, 'hand-over', 'relay' satisfies HandOverReason)) === true
  } catch {
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

async function connectToOwner(path: string): Promise<RpcClient | undefined> {
  const socket = connect(path)
  const isOpen = await new Promise<boolean>((done) => {
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
  return isOpen ? new RpcClient(socketPort(socket)) : undefined
}

async function joinThroughOwner(join: string, current: ReplicaInfo['network'], replica: Replica, network: Network | undefined): Promise<void> {
  const { origin, network: wanted } = await resolveLink(parseJoinLink(join), replica)
  if (wanted !== undefined && wanted.id !== current.id) throw otherNetwork(current)
  await (network?.addRelay(origin) ?? rememberRelay(replica, origin))
}

function otherNetwork({ name, id }: ReplicaInfo['network']): DocstoreError {
  return new DocstoreError('other-network', `The data folder is in use for the network "${name}" (${id}), not for this one. Use another data folder`)
}
