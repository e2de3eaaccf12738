import { Command } from 'commander'
import type { Run } from '../context.ts'
import { namespaceId } from '../namespace-id.ts'
import { openStore } from '../open-store.ts'
import { noteNews } from '../people/note-news.ts'

/** `docstore sync NS` */
export function syncCommand(run: Run): Command {
  return new Command('sync')
    .description('make this peer and its relays equal, then end')
    .argument('<ns>', 'id or name of the namespace')
    .action((ns: string) =>
      run(async (context) => {
        const { settings, output, signal } = context
        await using store = await openStore(context, { network: 'on' })
        const namespace = await store.namespaces.open(await namespaceId(store, ns))
        const result = await namespace.sync({ timeoutMs: settings.timeoutMs, signal })
        await noteNews(context, store)
        await output.result(
          result,
          () =>
            `Equal with ${result.peers.length} ${result.peers.length === 1 ? 'relay' : 'relays'}: ${result.documents} documents, ${result.received} records received, ${result.sent} sent, in ${result.seconds.toFixed(2)} s.`,
        )
      }),
    )
}
