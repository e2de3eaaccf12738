import { Command } from 'commander'
import { createDocstore, hasChosenNetwork, isAlone, type MovedNamespace, movedNamespaces, needsInvitation, parseJoinLink } from 'p2p-docstore'
import type { Context, Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { CUT_LINK_HINT, mayBeCut } from '../cut-link.ts'
import { hasData, openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'

/** `docstore join LINK` */
export function joinCommand(run: Run): Command {
  const command = new Command('join')
    .description('remember a network; documents of a folder in whose network nobody else ever was move there')
    .argument('<link>', 'join text (bjoin…), join link, or the address of a relay, as host:8080')
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((link: string, options: CopiesOptions) =>
    run(async (context) => {
      const { settings, output } = context
      // Before there is a folder.
      parseJoinLink(link)
      const before = hasData(settings.data) ? await chosenNetwork(settings.data) : undefined
      const joined = await join({ ...context, settings: { ...settings, join: link } })
      const { id, name } = joined
      const left = before === undefined || before.id === id ? null : before
      const moved = joined.moved.length === 0 ? [] : await deliver(context, joined.moved, options)
      await output.result({ network: id, name, ...(left === null ? {} : { left }), ...(moved.length === 0 ? {} : { moved }) }, () =>
        [
          `Joined the network "${name}"${left === null ? '' : `, and left the network "${left.name}"`}.`,
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

/** The network of some data, where somebody chose it. */
async function chosenNetwork(data: string): Promise<{ readonly id: string; readonly name: string } | undefined> {
  await using store = await createDocstore({ data, network: 'off' })
  const { id, name } = store.info.network
  return (await hasChosenNetwork(store.replica)) ? { id, name } : undefined
}

interface Joined {
  readonly id: string
  readonly name: string
  readonly identity: string
  /** What moved there, in this run or in one that was ended before it could say so; nothing once others were met there, who have it. */
  readonly moved: readonly MovedNamespace[]
  readonly needsInvitation: boolean
}

async function join(context: Context): Promise<Joined> {
  await using store = await openStore(context, { network: 'off' })
  const { network, identity } = store.info
  return {
    id: network.id,
    name: network.name,
    identity,
    moved: (await isAlone(store.replica)) ? await movedNamespaces(store.replica) : [],
    needsInvitation: await needsInvitation(store.replica),
  }
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
