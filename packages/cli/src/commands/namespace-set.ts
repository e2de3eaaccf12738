import { DocstoreError } from '@p2p-docstore/core'
import { Argument, Command } from 'commander'
import type { Namespace, NamespaceChange } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { headOf } from '../head.ts'
import { nameText } from '../name-text.ts'
import { openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'

const FIELDS = ['title', 'description', 'next', 'listed', 'history', 'split'] as const

/** `docstore namespace set NS FIELD [VALUE]` */
export function namespaceSetCommand(run: Run): Command {
  const command = new Command('set')
    .description('change what a namespace of yours says of itself; without a value, take it away')
    .argument('<ns>', 'id or name of the namespace')
    .addArgument(
      new Argument(
        '<field>',
        'its title, its description, the id of the namespace that takes its place, whether it is listed (true or false), for how many days earlier versions are kept, or in how many parts relays keep it (2, 4, … 64)',
      ).choices(FIELDS),
    )
    .argument('[value]', 'the new value')
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, field: (typeof FIELDS)[number], value: string | undefined, options: CopiesOptions) =>
    run(async (context) => {
      const change = changeOf(field, value)
      await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
      const namespace = await openHere(context, store, ns)
      await namespace.set(change)
      const copies = await waitForCopies(context, store, namespace, options)
      await checkConflict(namespace, field)
      const head = await headOf(store, namespace.id)
      const name = await nameText(store, namespace)
      await context.output.result({ ...head, copies }, () => `${name}, ${copiesText(copies)}`)
    }),
  )
}

/** Another device of the owner may have set the same meanwhile. Throws `conflict`. */
async function checkConflict(namespace: Namespace, field: (typeof FIELDS)[number]): Promise<void> {
  const { conflict } = (await namespace.info()) ?? {}
  if (conflict === undefined || !((field === 'title' ? 'name' : field) in conflict)) return
  throw new DocstoreError(
    'conflict',
    `Another device of yours has set its ${field} too, and that one stands. Look at it with \`docstore namespace show\`; setting it again takes its place`,
    { details: { conflict } },
  )
}

function changeOf(field: (typeof FIELDS)[number], value: string | undefined): NamespaceChange {
  if (field === 'history') return { history: value === undefined ? null : numberOf(value, 'history is a whole number of days') }
  if (field === 'split') return { split: numberOf(value ?? '', 'split is a number of parts') }
  if (field === 'listed') {
    if (value !== undefined && value !== 'true' && value !== 'false') throw new DocstoreError('bad-option', 'listed is true or false')
    return { listed: value === 'true' }
  }
  if (field !== 'title') return { [field]: value ?? null }
  if (value === undefined) throw new DocstoreError('bad-name', 'A namespace has a title: give one')
  return { name: value }
}

function numberOf(text: string, what: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new DocstoreError('bad-option', `${what}, not ${JSON.stringify(text.slice(0, 80))}`)
}
