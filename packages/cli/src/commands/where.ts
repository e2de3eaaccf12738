import { DocstoreError } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { Whereabouts } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { REACH_TIMEOUT_MS } from '../limits.ts'
import { namespaceId } from '../namespace-id.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'

/** `docstore where NS` */
export function whereCommand(run: Run): Command {
  return new Command('where')
    .description('show which relays are to keep a namespace, and which say that they do')
    .argument('<ns>', 'id or name of a namespace')
    .action((text: string) =>
      run(async (context) => {
        const { settings, signal, output } = context
        await using store = await openStore(context)
        const id = await namespaceId(store, text)
        const { network } = store
        if (network === undefined) throw new DocstoreError('no-relay', 'No relay is known yet. Join a network with its link first')
        await network.reach({ timeoutMs: Math.min(settings.timeoutMs, REACH_TIMEOUT_MS), signal })
        const { owners, ...found } = await network.where({ ns: id, timeoutMs: settings.timeoutMs, signal })
        const shown = owners.map(({ origin = null, ...owner }) => ({ ...owner, origin }))
        await output.result({ namespace: id, ...found, owners: shown }, () => whereText(id, { owners, ...found }))
      }),
    )
}

/** What an owner says. */
function keeping(has: boolean, state: Whereabouts['owners'][number]['state']): string {
  if (!has) return 'does not say so'
  if (state === 'serving') return 'keeps it, and has all of the sector'
  return state === 'syncing' ? 'keeps it, and fetches what is missing of the sector' : 'keeps it'
}

function whereText(id: string, { sector, everywhere, owners, others, copies, wanted }: Whereabouts): string {
  if (owners.length === 0) return `No relay is known that could keep ${id}.`
  const head = `${id} lies in sector ${sector}${everywhere ? ', which every relay keeps: there are few' : ''}. ${copies} of ${wanted} copies are there.`
  const rows = [
    ...owners.map(({ peer, has, state, origin }) => [peer, keeping(has, state), origin ?? '']),
    ...others.map((peer) => [peer, 'keeps it, and need not', '']),
  ]
  return `${head}\n${textTable(rows)}`
}
