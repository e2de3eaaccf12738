import { DocstoreError } from '@p2p-docstore/core'
import { Argument, Command } from 'commander'
import type { NamespaceChange } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { headOf } from '../head.ts'
import { openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'

const FIELDS = ['title', 'description', 'history', 'next'] as const

/** `docstore namespace set NS FIELD [VALUE]` */
export function namespaceSetCommand(run: Run): Command {
  const command = new Command('set')
    .description('change what a namespace of yours says of itself; without a value, take it away')
    .argument('<ns>', 'id or name of the namespace')
    .addArgument(
      new Argument(
        '<field>',
        'its title, its description, for how many days earlier versions of documents are kept, or the id of the namespace that takes its place',
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
      const head = await headOf(store, namespace.id)
      await context.output.result({ ...head, copies }, () => `"${head.title}", ${copiesText(copies)}`)
    }),
  )
}

function changeOf(field: (typeof FIELDS)[number], value: string | undefined): NamespaceChange {
  if (field === 'history') return { history: value === undefined ? null : daysOf(value) }
  if (field !== 'title') return { [field]: value ?? null }
  if (value === undefined) throw new DocstoreError('bad-name', 'A namespace has a title: give one')
  return { name: value }
}

function daysOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new DocstoreError('bad-option', `history is a whole number of days, not ${JSON.stringify(text.slice(0, 80))}`)
}
