import { existsSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import type { DocstoreOptions } from './docstore-options-node.ts'
import { parseJoinLink } from './network/admission/index-join.ts'
import { FolderPlace, holdMemory } from './sharing/folder-place-node.ts'
import { own } from './sharing/own.ts'
import { SharedData } from './sharing/shared-data.ts'
import { ownParts, sharedParts } from './sharing/shared-parts.ts'
import { NETWORKS, networksIn } from './sharing/networks-folder-node.ts'
import { takeData } from './sharing/take-data.ts'
import { Docstore } from './store/docstore.ts'
import type { NetworkData } from './store/networks/network-data.ts'
import { openStores } from './store/networks/open-stores.ts'
import { checkOptions } from './store/options.ts'

const OPTIONS = [
  'data',
  'join',
  'descriptor',
  'network',
  'networks',
  'inNetwork',
  'durability',
  'maxBytes',
  'database',
  'passphrase',
  'networkName',
  'person',
  'listed',
  'moves',
  'onMove',
  'admission',
  'names',
  'role',
  'storage',
  'placementTimes',
  'services',
  'limits',
  'listen',
  'announce',
  'alsoAnnounce',
] as const satisfies readonly (keyof DocstoreOptions)[]

/**
 * Opens a document store. The first process on a data folder owns it; further ones work through the owner, so that several programs
 * can use one folder, and one of them takes over when it ends. A relay becomes the owner of a folder that is in use. A folder that cannot be
 * written to is there to be read, without connections; writes throw `storage-read-only`. Throws
 * `bad-folder`, `no-permission`, `bad-link`, `bad-invitation`, `relay-unreachable` (a bare address on first use), `other-network` (a relay), `others-documents`,
 * `too-many-networks`, `unknown-network`, `ambiguous-network`, `data-in-use`, `data-too-new`, `data-corrupt`, `data-missing`, `other-identity`, `database-away`, `database-refused`, `passphrase-needed`, `wrong-passphrase`. A folder that
 * could not be opened the first time is not made.
 */
export async function createDocstore(options: DocstoreOptions = {}): Promise<Docstore> {
  checkOptions(options, OPTIONS, 'createDocstore')
  const { join = [], descriptor, inNetwork, networks, network, role } = options
  const links = typeof join === 'string' ? [join] : join
  // Before there is a folder.
  for (const link of links) parseJoinLink(link)
  const data = nodeData(options)
  // A relay is of one network.
  if (role === 'relay') return Docstore.of((await data.open(await networkOfRelay(options, data, links), { join: links[0], descriptor })).parts)
  return openStores(data, { join: links, descriptor, inNetwork, networks, isOff: network === 'off' })
}

/**
 * Which of the networks of a folder a relay is of: that of the link or of the name that it is given, else the first, whatever is used since. `undefined` for
 * the first.
 */
async function networkOfRelay(
  { data, inNetwork }: DocstoreOptions,
  { mayHaveMore }: NetworkData,
  [link]: readonly string[],
): Promise<string | undefined> {
  if (data === undefined || (inNetwork === undefined && !mayHaveMore())) return undefined
  await using look = await createDocstore({ data, network: 'off', networks: 'one', ...(inNetwork === undefined ? {} : { inNetwork }) })
  const linked = link === undefined ? undefined : parseJoinLink(link).network?.id
  const networks = await look.networks()
  const named = inNetwork === undefined ? undefined : look.info.network.id
  const wanted = networks.find(({ id }) => id === (named ?? linked)) ?? networks[0]
  return wanted === undefined || wanted.isFirst ? undefined : wanted.id
}

function nodeData(options: DocstoreOptions): NetworkData {
  const { data = 'memory', network: mode = 'on', join: _join, descriptor: _descriptor, ...all } = options
  const passphrase = options.passphrase ?? process.env['DOCSTORE_PASSPHRASE']
  const held = passphrase === undefined ? options : { ...options, passphrase }
  const placeOf = (network: string | undefined): FolderPlace =>
    network === undefined ? new FolderPlace(data, held) : new FolderPlace(joinPath(data, NETWORKS, network), held, { isBeside: true })
  return {
    mayHaveMore: () => data !== 'memory' && existsSync(joinPath(data, NETWORKS)),
    found: () => (data === 'memory' ? [] : networksIn(joinPath(data, NETWORKS))),
    open: async (network, { isOff = false, ...how }) => {
      const wanted = isOff ? 'off' : mode
      if (data === 'memory') {
        const opened = await own(holdMemory(held), { ...all, ...how, network: wanted })
        return { parts: ownParts(opened), beside: opened.beside }
      }
      const place = placeOf(network)
      // What connections need to remember, a folder that cannot be written to cannot.
      const possible = place.isReadOnly ? 'off' : wanted
      const shared = await SharedData.open(place, { ...all, ...how, network: possible })
      return { parts: sharedParts(shared, possible), beside: shared.opened?.beside }
    },
    take: async (network, isPatient) => (data === 'memory' ? holdMemory(held) : takeData(placeOf(network), isPatient)),
  }
}
