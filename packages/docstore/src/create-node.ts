import type { DocstoreOptions } from './docstore-options-node.ts'
import { parseJoinLink } from './network/admission/index-join.ts'
import { FolderPlace, holdMemory } from './sharing/folder-place-node.ts'
import { own } from './sharing/own.ts'
import { SharedData } from './sharing/shared-data.ts'
import { ownParts, sharedParts } from './sharing/shared-parts.ts'
import { Docstore } from './store/docstore.ts'
import { checkOptions } from './store/options.ts'

const OPTIONS = [
  'data',
  'join',
  'descriptor',
  'network',
  'durability',
  'maxBytes',
  'networkName',
  'listed',
  'moves',
  'onMove',
  'admission',
  'role',
  'storage',
  'listen',
  'announce',
  'alsoAnnounce',
] as const satisfies readonly (keyof DocstoreOptions)[]

/**
 * Opens a document store. The first process on a data folder owns it; further ones work through the owner, so that several programs
 * can use one folder, and one of them takes over when it ends. A relay becomes the owner of a folder that is in use. A folder that cannot be
 * written to is there to be read, without connections; writes throw `storage-read-only`. Throws
 * `bad-folder`, `no-permission`, `bad-link`, `bad-invitation`, `relay-unreachable` (a bare address on first use), `other-network`, `others-documents`, `data-in-use`, `data-too-new`, `data-corrupt`,
 * `data-missing`, `other-identity`.
 */
export async function createDocstore(options: DocstoreOptions = {}): Promise<Docstore> {
  checkOptions(options, OPTIONS, 'createDocstore')
  const { data = 'memory', network = 'on', join } = options
  // Before there is a folder.
  if (join !== undefined) parseJoinLink(join)
  if (data === 'memory') return Docstore.of(ownParts(await own(holdMemory(options), options)))
  const place = new FolderPlace(data, options)
  // What connections need to remember, such a folder cannot.
  const mode = place.isReadOnly ? 'off' : network
  const shared = await SharedData.open(place, { ...options, network: mode })
  return Docstore.of(sharedParts(shared, mode))
}
