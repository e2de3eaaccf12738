import { Command } from 'commander'
import { collectionOption } from '../collection-option.ts'
import { isShutOut, type PeerStatus } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { parseFilterArgument } from '../json-argument.ts'
import { openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import type { Output } from '../output/output.ts'

/** `docstore watch NS [FILTER]` */
export function watchCommand(run: Run): Command {
  return new Command('watch')
    .description('print every change as it happens, from now on, one per line')
    .argument('<ns>', 'id or name of the namespace')
    .argument('[filter]', 'JSON; only documents that match, those that match no more (leave), and all deletes', parseFilterArgument, {})
    .addOption(collectionOption())
    .action((ns: string, filter: Readonly<Record<string, unknown>>, { collection }: { collection: string }) =>
      run(async (context) => {
        const { output, signal } = context
        await using store = await openStore(context, { network: 'on' })
        const namespace = await openToRead(context, store, ns)
        const changes = namespace.collection(collection).changes({ signal, ...(Object.keys(filter).length === 0 ? {} : { filter }) })
        // Whoever reads this line can write: the feed took its place before this question was answered.
        await store.replica.lastSeq(namespace.id)
        output.note('Watching. Press Ctrl+C to stop.')
        store.on('peer', shutOutNotes(output))
        for await (const { type, _id, document = null, from } of changes) {
          await output.lines([{ type, _id, document, from }])
        }
      }),
    )
}

/** Says it once when a relay does not let this peer in any more: nothing arrives from there then. */
function shutOutNotes(output: Output): (peers: readonly PeerStatus[]) => void {
  const told = new Map<string, string | undefined>()
  return (peers) => {
    for (const peer of peers) {
      const reason = isShutOut(peer) ? peer.errorCode : undefined
      const name = peer.origin ?? peer.id
      if (reason !== undefined && told.get(name) !== reason) output.note(`Nothing comes from ${name} any more. ${peer.error} (${reason}).`)
      if (reason !== undefined || peer.state === 'connected') told.set(name, reason)
    }
  }
}
