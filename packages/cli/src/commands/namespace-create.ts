import { WRITE_POLICIES, type WritePolicy } from '@p2p-docstore/core'
import { Command, Option } from 'commander'
import type { Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { openStore } from '../open-store.ts'

/** `docstore namespace create NAME` */
export function namespaceCreateCommand(run: Run): Command {
  const command = new Command('create')
    .description('create a namespace')
    .argument('<name>', '1 to 128 characters')
    .addOption(new Option('--write <who>', 'who may write documents').choices(WRITE_POLICIES).default('owner'))
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((name: string, options: CopiesOptions & { write: WritePolicy }) =>
    run(async (context) => {
      await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
      const namespace = await store.namespaces.create({ name, write: options.write })
      const copies = await waitForCopies(context, store, namespace, options)
      const result = { id: namespace.id, name, write: options.write, copies }
      await context.output.result(result, () => `${namespace.id}\n"${name}", ${copiesText(copies)}`)
    }),
  )
}
