import { DocstoreError } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { headOf } from '../head.ts'
import { nameText } from '../name-text.ts'
import { freshen, openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'

/** `docstore namespace end NS --yes` */
export function namespaceEndCommand(run: Run): Command {
  const command = new Command('end')
    .description('end a namespace of yours for everybody: it can be read, and nothing is written there any more')
    .argument('<ns>', 'id or name of the namespace')
    .option('--yes', 'it cannot be undone, so say that you mean it')
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, options: CopiesOptions & { yes?: boolean }) =>
    run(async (context) => {
      if (options.yes !== true)
        throw new DocstoreError(
          'bad-option',
          'Nobody will be able to write in this namespace again, and that cannot be undone. With --yes, it is done',
        )
      await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
      const namespace = await openHere(context, store, ns)
      // What others wrote until now belongs to it.
      await freshen(context, store, namespace)
      await namespace.end()
      const copies = await waitForCopies(context, store, namespace, options)
      const [head, name] = [await headOf(store, namespace.id), await nameText(store, namespace)]
      await context.output.result({ ...head, copies }, () => `Ended ${name}, ${copiesText(copies)}`)
    }),
  )
}
