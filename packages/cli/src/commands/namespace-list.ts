import { DocstoreError, type NamespaceInfo, PROFILE_KIND } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { Docstore, ListedNamespace } from 'p2p-docstore'
import { commandText } from '../command-text.ts'
import type { Context, Run } from '../context.ts'
import { MAX_LISTED_NAMESPACES } from '../limits.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'

/** The network that a namespace is in, where the folder is in several. */
interface InNetwork {
  readonly network?: string
  readonly networkName?: string
}

interface Here extends NamespaceInfo, InNetwork {}

/** A namespace that is not here yet, and how many changes wait for it. */
interface Awaited extends InNetwork {
  readonly id: string
  readonly name: null
  readonly waiting: number
}

/** `docstore namespace list` */
export function namespaceListCommand(run: Run): Command {
  return new Command('list')
    .description(
      'list the namespaces that are here, in all networks of the data or in that of --network, or those that the relays of the network hold and their owners list',
    )
    .option('--network-wide', 'ask the relays')
    .action(({ networkWide = false }: { networkWide?: boolean }) =>
      run(async (context) => {
        await using store = await openStore(context, { network: networkWide ? 'auto' : 'off' })
        await (networkWide ? showListed(context, store) : showHere(context, store))
      }),
    )
}

async function showHere({ output, settings: { network } }: Context, store: Docstore): Promise<void> {
  const networks = await store.networks()
  const here: Here[] = []
  const awaited: Awaited[] = []
  if (networks.length === 1 || network !== undefined) await addTo(here, awaited, store, {})
  else for (const { id, name } of networks) await addTo(here, awaited, await store.inNetwork(id), { network: id, networkName: name })
  await output.result([...here, ...awaited], () => {
    if (here.length + awaited.length === 0) return 'No namespace is here.'
    const inNetwork = (networkName: string | undefined): string[] => (networkName === undefined ? [] : [networkName])
    return textTable([
      ...here.map(({ id, name, write, writable, ended, networkName }) => [
        id,
        write,
        ended !== undefined ? 'ended' : writable ? 'writable' : 'read-only',
        ...inNetwork(networkName),
        name,
      ]),
      ...awaited.map(({ id, waiting, networkName }) => [
        id,
        '',
        'not here yet',
        ...inNetwork(networkName),
        waiting === 1 ? '1 change waits for it' : `${waiting} changes wait for it`,
      ]),
    ])
  })
}

async function addTo(here: Here[], awaited: Awaited[], store: Docstore, network: InNetwork): Promise<void> {
  // Profiles have commands of their own.
  for (const info of await store.namespaces.list()) if (info.kind !== PROFILE_KIND) here.push({ ...info, ...network })
  for (const id of await store.namespaces.awaited())
    awaited.push({ id, name: null, waiting: (await store.replica.pendingCounts(id)).waiting, ...network })
}

async function showListed({ output, settings, signal }: Context, store: Docstore): Promise<void> {
  const { timeoutMs, reachMs } = settings
  await store.network?.reach({ timeoutMs: reachMs, signal })
  const all: ListedNamespace[] = []
  let after: string | undefined = ''
  while (after !== undefined && all.length < MAX_LISTED_NAMESPACES) {
    const page = await store.namespaces.listed({ after, limit: MAX_LISTED_NAMESPACES, timeoutMs, signal })
    if (page.relays === 0) {
      const isKnown = (await store.peers()).some(({ role }) => role === 'relay')
      throw isKnown
        ? new DocstoreError(
            'relay-unreachable',
            `No relay could be reached, so nobody can say what there is. \`${commandText(settings, 'namespace list')}\` shows what is here`,
          )
        : new DocstoreError(
            'no-relay',
            `No relay is known, so nobody can say what there is. \`${commandText(settings, 'join LINK')}\` joins a network`,
          )
    }
    all.push(...page.namespaces)
    after = page.next
  }
  const shown = all.slice(0, MAX_LISTED_NAMESPACES).map(({ isHere, ...info }) => ({ ...info, here: isHere }))
  if (after !== undefined || shown.length < all.length) output.note(`There are more than these ${shown.length}.`)
  await output.result(shown, () =>
    shown.length === 0
      ? 'The relays hold no namespace that its owner lists.'
      : textTable(shown.map(({ id, write, here, name, description = '' }) => [id, write, here ? 'here' : '', name, description.slice(0, 80)])),
  )
}
