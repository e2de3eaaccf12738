import { Command } from 'commander'
import type { Run } from '../context.ts'
import { namespaceId } from '../namespace-id.ts'
import { nameText } from '../name-text.ts'
import { freshen } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'

/** `docstore namespace forget NS` */
export function namespaceForgetCommand(run: Run): Command {
  return new Command('forget')
    .description('remove a namespace from this machine; relays and others keep theirs')
    .argument('<ns>', 'id or name of the namespace')
    .option('--force', 'also where no relay is known to have all of it')
    .action((ns: string, { force = false }: { force?: boolean }) =>
      run(async (context) => {
        await using store = await openStore(context)
        const namespace = await store.namespaces.open(await namespaceId(store, ns))
        const name = await nameText(store, namespace)
        if (!force) await freshen(context, store, namespace)
        await store.namespaces.forget(namespace.id, { force })
        await context.output.result(
          { id: namespace.id, forgotten: true },
          () => `Forgot ${name} here. Should it be wanted again, and somebody have it, this opens it: ${namespace.id}`,
        )
      }),
    )
}
