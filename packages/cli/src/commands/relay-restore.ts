import { resolve } from 'node:path'
import { DocstoreError } from '@p2p-docstore/core'
import { Command } from 'commander'
import { restoreFolder } from 'p2p-docstore'
import type { Run } from '../context.ts'

/** `docstore relay restore FILE` */
export function relayRestoreCommand(run: Run): Command {
  return new Command('restore')
    .description(
      'put a backup in place, or with --empty a database without documents, in a folder that no program uses; what was there is kept aside',
    )
    .argument('[file]', 'the file that `relay backup` wrote')
    .option('--empty', 'begin without documents, as the same identity in the same network')
    .action((file: string | undefined, { empty = false }: { readonly empty?: boolean }) =>
      run(async ({ settings: { data }, output }) => {
        if ((file === undefined) !== empty) throw new DocstoreError('usage', 'Name the file of a backup, or take --empty')
        const { folder, before } = await restoreFolder(data, file === undefined ? undefined : resolve(file))
        const restored = file === undefined ? null : resolve(file)
        await output.result({ folder, restored, before: before ?? null }, () =>
          [
            restored === null
              ? `${folder} has an empty database now. The identity and the network are the same.`
              : `${restored} is in place in ${folder}.`,
            ...(before === undefined ? [] : [`What was there is ${before}.`]),
          ].join('\n'),
        )
      }),
    )
}
