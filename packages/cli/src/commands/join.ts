import { DocstoreError } from '@p2p-docstore/core'
import { Command, Option } from 'commander'
import { createDocstore, hasChosenNetwork, isAlone, type MovedNamespace, movedNamespaces, needsInvitation, parseJoinLink } from 'p2p-docstore'
import { commandText } from '../command-text.ts'
import type { Context, Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { CUT_LINK_HINT, mayBeCut } from '../cut-link.ts'
import { hasData, openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'
import type { Settings } from '../settings.ts'

interface Options extends CopiesOptions {
  readonly move?: boolean
  readonly beside?: boolean
}

/** `docstore join LINK` */
export function joinCommand(run: Run): Command {
  const command = new Command('join')
    .description(
      'remember a network, and work in it from now on; documents of a folder that began alone move there, beside any other network of the folder it is one more',
    )
    .argument('<link>', 'join text (bjoin…), join link, or the address of a relay, as host:8080')
    .addOption(new Option('--move', 'let the documents that are here move there, where nobody else ever was in their network').conflicts('beside'))
    .option('--beside', 'leave the documents that are here in the network that they are in')
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((link: string, options: Options) =>
    run(async (context) => {
      const { settings, output } = context
      // Before there is a folder.
      parseJoinLink(link)
      const before = hasData(settings.data) ? await standing(settings.data) : undefined
      // One that is named has another name once it has moved.
      const anywhere = { ...context, settings: { ...settings, network: undefined } }
      const joined = await join({ ...anywhere, settings: { ...anywhere.settings, join: link } }, before, { ...options, named: settings.network })
      const { id, name, beside } = joined
      const left = before === undefined || !before.isChosen || before.id === id || beside.some((one) => one.id === before.id) ? null : before
      const moved = joined.moved.length === 0 ? [] : await deliver(anywhere, joined.moved, options)
      const result = {
        network: id,
        name,
        ...(left === null ? {} : { left: { id: left.id, name: left.name } }),
        ...(beside.length === 0 ? {} : { beside }),
        ...(moved.length === 0 ? {} : { moved }),
      }
      await output.result(result, () =>
        [
          `Joined the network "${name}"${left === null ? '' : `, and left the network "${left.name}"`}.`,
          ...(beside.length === 0 ? [] : [besideText(settings, name, beside)]),
          ...(moved.length === 0 ? [] : [movedText(moved)]),
        ].join('\n'),
      )
      if (!joined.needsInvitation) return
      output.note(
        `It admits only those who are invited, and this link holds no invitation. Ask an authority: docstore invite --for ${joined.identity}`,
      )
      if (mayBeCut(link)) output.note(`If the link had one: ${CUT_LINK_HINT}`)
    }),
  )
}

interface Standing {
  readonly id: string
  readonly name: string
  /** Whether somebody chose it; else it was made because there was none. */
  readonly isChosen: boolean
  readonly isAlone: boolean
  readonly namespaces: number
  /** Ids of all networks of the folder. */
  readonly networks: readonly string[]
}

/** The first network of some data, the one whose documents may move. */
async function standing(data: string): Promise<Standing> {
  await using worked = await createDocstore({ data, network: 'off', networks: 'one' })
  const networks = await worked.networks()
  const first = networks.find(({ isFirst }) => isFirst)
  const store = first === undefined ? worked : await worked.inNetwork(first.id)
  const { id, name } = store.info.network
  return {
    id,
    name,
    isChosen: first === undefined || (await hasChosenNetwork(store.replica)),
    isAlone: first !== undefined && (await isAlone(store.replica)),
    namespaces: (await store.namespaces.list()).length,
    networks: networks.map((one) => one.id),
  }
}

interface NamedNetwork {
  readonly id: string
  readonly name: string
}

interface Joined extends NamedNetwork {
  readonly identity: string
  /** The other networks of the folder. */
  readonly beside: readonly NamedNetwork[]
  /** What moved there, in this run or in one that was ended before it could say so; nothing once others were met there, who have it. */
  readonly moved: readonly MovedNamespace[]
  readonly needsInvitation: boolean
}

async function join(
  context: Context,
  before: Standing | undefined,
  { move = false, beside = false, named }: Options & { readonly named: string | undefined },
): Promise<Joined> {
  const { settings } = context
  const link = settings.join ?? ''
  if (beside) {
    await using base = await openStore({ ...context, settings: { ...settings, join: undefined } }, { network: 'off' })
    await base.join(link)
  } else if (before !== undefined) await checkHow(before, { link, move, named })
  await using store = await openStore(context, { network: 'off', moves: move, saysBeside: false })
  const { network, identity } = store.info
  const all = await store.networks()
  if (all.length > 1) await store.useNetwork(network.id)
  return {
    id: network.id,
    name: network.name,
    identity,
    beside: all.filter(({ id }) => id !== network.id).map(({ id, name }) => ({ id, name })),
    moved: (await isAlone(store.replica)) ? await movedNamespaces(store.replica) : [],
    needsInvitation: await needsInvitation(store.replica),
  }
}

/**
 * Documents of a network that was chosen, and in which nobody was met so far, could move or stay: only who joins knows what was meant. Others cannot move.
 */
async function checkHow(
  { id, name, isChosen, isAlone: alone, namespaces, networks }: Standing,
  { link, move, named }: { readonly link: string; readonly move: boolean; readonly named: string | undefined },
): Promise<void> {
  const wanted = parseJoinLink(link).network
  if (namespaces === 0 || wanted === undefined || wanted.id === id) return
  // What was named stays where it is, and something else would move.
  if (named !== undefined && named !== id && named !== name && !networks.includes(wanted.id) && (move || (!isChosen && alone)))
    throw new DocstoreError(
      'other-network',
      `Only the documents of the first network of a folder can move, which is "${name}" here, and --network names another one. Join without --network, or with --beside`,
    )
  if (move && (!alone || networks.includes(wanted.id)))
    throw new DocstoreError(
      'other-network',
      networks.includes(wanted.id)
        ? `The folder is in the network "${wanted.descriptor.name}" already, and documents move only to one that is new to it. Join without --move, and copy what is to be in both: docstore export`
        : `The documents cannot move: others may have them in the network "${name}". Join without --move, and "${wanted.descriptor.name}" lies beside it`,
    )
  if (move || !isChosen || !alone || networks.includes(wanted.id)) return
  throw new DocstoreError(
    'move-or-beside',
    `The network "${name}" of this folder has ${namespaces} ${namespaces === 1 ? 'namespace' : 'namespaces'}, and nobody else was met in it so far. Say whether they move to "${wanted.descriptor.name}" (--move), or stay where they are (--beside)`,
  )
}

function besideText(settings: Settings, name: string, beside: readonly NamedNetwork[]): string {
  return `It lies beside ${beside.map((one) => `"${one.name}"`).join(', ')}. Commands work in "${name}" from now on: \`${commandText(settings, 'network use NETWORK')}\` changes that, --network NAME for one command.`
}

interface Moved extends MovedNamespace {
  readonly name: string
  readonly documents: number
  readonly copies: number
}

/** Hands what moved to a relay of the network. */
async function deliver(context: Context, moved: readonly MovedNamespace[], options: CopiesOptions): Promise<readonly Moved[]> {
  await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
  const found: Moved[] = []
  // Where one finds no relay in time, the others do not either.
  let isReached = true
  for (const { id, before } of moved) {
    const namespace = await store.namespaces.open(id)
    const name = (await namespace.info())?.name ?? ''
    const { documents } = await store.replica.summary(id)
    const copies: number = isReached ? await waitForCopies(context, store, namespace, options) : 0
    isReached = copies > 0
    found.push({ name, id, before, documents, copies })
  }
  return found
}

function movedText(moved: readonly Moved[]): string {
  return [
    '',
    'These namespaces have other ids now:',
    '',
    textTable(moved.map(({ name, id, documents, copies }) => [name, id, `${documents} documents`, copiesText(copies)])),
  ].join('\n')
}
