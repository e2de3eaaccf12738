import { DocstoreError, openReplica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import type { DocstoreOptions } from '../create-node.ts'
import { fetchWellKnown, type JoinLink, parseJoinLink } from '../network/join-link.ts'
import { forgetRelays, knownRelays, type MetaReader, rememberRelay } from '../network/known-relays.ts'
import type { LocalNetwork } from '../network/local-network.ts'
import { type HandOverReason, type Opened, OWNER_TIMEOUT_MS } from './opened.ts'
import { listenForOthers } from './listen-node.ts'

/** Where the data lies, and where other processes that use it come in. */
export interface Place {
  readonly database: string
  /** Absent where nobody else can use the data. */
  readonly socket?: string
  /** Whether the data is let go for a process that asks for it. */
  readonly onHandOver?: (reason: HandOverReason) => boolean
}

/** Opens data in this process. Throws `data-in-use` where another one has it. */
export async function own({ database, socket, onHandOver = () => false }: Place, options: DocstoreOptions): Promise<Opened> {
  const { network: mode = 'on', join, descriptor, durability = 'normal', maxBytes, networkName, role = 'peer', listen = [], announce = [] } = options
  const storage = openNodeStorage(database, { durability, ...(maxBytes === undefined ? {} : { maxBytes }) })
  const meta: MetaReader = { getMeta: async (key) => storage.getMeta(key) }
  let libp2p: Opened['libp2p']
  let network: LocalNetwork | undefined
  try {
    const link = join === undefined ? undefined : await resolveLink(parseJoinLink(join), meta)
    const before = await storage.getMeta('network')
    if (link === undefined && descriptor !== undefined) await refuseOther(descriptor, before, meta)
    const replica = await openReplica(storage, { network: link?.network?.bytes ?? descriptor, networkName })
    const { id, descriptor: now } = (await replica.info()).network
    if (before !== undefined && Buffer.compare(before, now) !== 0) await forgetRelays(replica)
    if (link !== undefined) await rememberRelay(replica, link.origin)
    if (mode === 'on' || (mode === 'auto' && (await knownRelays(replica)).length > 0)) {
      const [{ startLibp2p }, local] = await Promise.all([import('../network/libp2p-node.ts'), import('../network/local-network.ts')])
      libp2p = await startLibp2p(replica, id, { listen: typeof listen === 'function' ? await listen(replica) : listen, announce })
      network = await local.LocalNetwork.start({ replica, networkId: id, libp2p, role })
    }
    const server = socket === undefined ? undefined : await listenForOthers(socket, { replica, network, onHandOver })
    return {
      replica,
      network,
      libp2p,
      close: async () => {
        server?.close()
        try {
          await network?.close()
        } finally {
          await replica.close()
        }
      },
    }
  } catch (error) {
    // Whatever else goes wrong, the folder is let go.
    await (network?.close() ?? libp2p?.stop())?.catch(() => undefined)
    await storage.close()
    throw error
  }
}

/** The link with its network. Only the relay knows it where the link is a bare address; one that this data knows may be down. */
export async function resolveLink(link: JoinLink, meta: MetaReader): Promise<JoinLink> {
  if (link.network !== undefined || (await knownRelays(meta)).includes(link.origin)) return link
  const { network } = await fetchWellKnown(link.origin, AbortSignal.timeout(OWNER_TIMEOUT_MS))
  return { ...link, network }
}

/** A backup of another network does not make data that has joined one leave it. */
async function refuseOther(wanted: Uint8Array, current: Uint8Array | undefined, meta: MetaReader): Promise<void> {
  if (current === undefined || Buffer.compare(wanted, current) === 0) return
  if ((await knownRelays(meta)).length === 0) return
  throw new DocstoreError('other-network', 'The data folder belongs to another network. Use another data folder')
}
