import { DocstoreError } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'

/** `docstore file delete NS CID` */
export function fileDeleteCommand(run: Run): Command {
  const command = new Command('delete')
    .description('delete a file for everybody')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<cid>', 'CID of the file')
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, cid: string, options: CopiesOptions) =>
    run(async (context) => {
      await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
      const namespace = await openHere(context, store, ns)
      if (!(await namespace.deleteFile(cid))) throw new DocstoreError('not-found', `There is no file ${cid} in this namespace`)
      const copies = await waitForCopies(context, store, namespace, options)
      await context.output.result({ cid, deleted: true, copies }, () => `${cid}  deleted, ${copiesText(copies)}`)
    }),
  )
}
