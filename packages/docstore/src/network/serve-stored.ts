import type { Ledger, Replica } from '@p2p-docstore/core'
import type { ContentService } from './content/index-content.ts'
import { servePeople } from './people/index-server.ts'
import { serveProfiles } from './profiles/index-server.ts'
import type { DocstoreLibp2p } from './transport/index.ts'

/** What serving takes. */
interface StoredInit {
  readonly replica: Replica
  readonly networkId: string
  readonly ledgerOf: (peer: string) => Ledger
  readonly contents: ContentService
}

/** Answers others about what lies here, besides sync and files: content by its CID, profiles and people. What a relay that keeps documents does. */
export async function serveStored(libp2p: DocstoreLibp2p, { replica, networkId, ledgerOf, contents }: StoredInit): Promise<void> {
  const { misconduct } = libp2p.services.doorkeeper
  const init = { replica, networkId, misconduct, ledgerOf }
  await Promise.all([contents.serve(), serveProfiles(libp2p, init), servePeople(libp2p, { ...init, self: libp2p.peerId.toString() })])
}
