import { DocstoreError } from '@p2p-docstore/core'
import { Command, Option } from 'commander'
import type { Erased } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { namespaceId } from '../namespace-id.ts'
import { openStore } from '../open-store.ts'

/** `docstore erase --author me` */
export function eraseCommand(run: Run): Command {
  return new Command('erase')
    .description('delete every document that you wrote, on whichever device, here and at the relays')
    .argument('[ns...]', 'ids or names of namespaces; without them, all that are here')
    .addOption(new Option('--author <who>', 'whose documents: me').choices(['me']).makeOptionMandatory())
    .option('--offline', 'wait for no relay')
    .action((names: string[], { offline = false }: { author: 'me'; offline?: boolean }) =>
      run(async (context) => {
        await using store = await openStore(context, { network: offline ? 'off' : 'auto' })
        const ids: string[] = []
        for (const name of names) ids.push(await namespaceId(store, name))
        const { timeoutMs } = context.settings
        const erased = await store.erase({
          author: 'me',
          signal: context.signal,
          timeoutMs,
          ...(ids.length === 0 ? {} : { namespaces: ids }),
          onProgress: (documents) => {
            if (documents > 0) context.output.note(`${documents} deleted`)
          },
        })
        await context.output.result({ ...erased }, () => textOf(erased))
        const left = erased.namespaces.filter(({ relays, refused }) => refused === undefined && relays.some(({ confirmed }) => !confirmed))
        if (left.length > 0) context.output.note('Relays that have not confirmed get the deletes as soon as they are reached.')
        if (names.length > 0 && erased.namespaces.every(({ refused }) => refused !== undefined))
          throw new DocstoreError('not-allowed', 'Nothing could be deleted there')
      }),
    )
}

function textOf({ documents, namespaces }: Erased): string {
  const lines = namespaces.map(({ name, documents: own, conflicts, edits, relays, refused }) => {
    const confirmed = relays.filter((relay) => relay.confirmed).length
    const of = relays.length === 0 ? 'no relay in touch' : `confirmed by ${confirmed} of ${relays.length} relays`
    const lost = conflicts === 0 ? '' : ` and ${conflicts} versions that had lost`
    const stays = edits === 0 ? '' : `; ${edits} changes in documents of others stay`
    return `${name}: ${refused === undefined ? `${own} deleted${lost}, ${of}` : `not allowed (${refused})`}${stays}`
  })
  return [...lines, `${documents} documents deleted.`].join('\n')
}
