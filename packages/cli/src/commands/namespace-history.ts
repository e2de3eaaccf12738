import { Command } from 'commander'
import type { PastChange } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { freshen, openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'
import { whoTexts } from '../people/who-text.ts'

/** `docstore namespace history NS` */
export function namespaceHistoryCommand(run: Run): Command {
  return new Command('history')
    .description('show who changed a namespace, and who gave and took which role there, the oldest first, as far as it is known here')
    .argument('<ns>', 'id or name of the namespace')
    .action((ns: string) =>
      run(async (context) => {
        await using store = await openStore(context, { network: 'auto' })
        const namespace = await openHere(context, store, ns)
        await freshen(context, store, namespace)
        const changes = await namespace.pastChanges()
        const who = await whoTexts(
          store,
          changes.flatMap((change) => ('who' in change ? [change.by, change.who] : [change.by])),
        )
        await context.output.result(changes, () =>
          textTable(
            changes.map((change) => [change.at, who.get(change.by) ?? change.by, textOf(change, who), change.counts ? '' : 'does not count']),
          ),
        )
      }),
    )
}

function textOf(change: PastChange, names: ReadonlyMap<string, string>): string {
  const who = 'who' in change ? (names.get(change.who) ?? change.who) : ''
  switch (change.type) {
    case 'head':
      return change.changed.length === 0
        ? `made it: ${JSON.stringify(change.title)}`
        : `set ${change.changed.join(', ')} (${change.epoch}/${change.seq})`
    case 'grant': {
      const { role, collection, from, until } = change
      const where = collection === undefined ? '' : ` in ${collection}`
      return `gave ${who} the role ${role}${where} from ${from}${until === undefined ? '' : ` until ${until}`}`
    }
    case 'revoke':
      return `took the roles of ${who} away at ${change.until}${change.removeAll ? ', with all that they allowed' : ''}`
    case 'remove':
      return `removed ${change.records} ${change.records === 1 ? 'record' : 'records'}`
  }
}
