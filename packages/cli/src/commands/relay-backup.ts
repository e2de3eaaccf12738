import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DocstoreError } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { Run } from '../context.ts'
import { hasData, openStore } from '../open-store.ts'
import { notEmpty } from '../settings.ts'

/** `docstore relay backup FILE` */
export function relayBackupCommand(run: Run): Command {
  return new Command('backup')
    .description('copy everything, keys included, into one file, while a relay or another program uses the folder or none does')
    .argument('<file>', 'the file, which must not be there yet', notEmpty)
    .action((file: string) =>
      run(async (context) => {
        const { data } = context.settings
        const path = resolve(file)
        // One that was deleted may be open in a program still.
        if (!hasData(data) && !existsSync(join(data, 'identity.json'))) throw new DocstoreError('data-missing', `There is no database in ${data}`)
        await using store = await openStore(context, { network: 'off' })
        await store.replica.backup(path)
        const others = (await store.networks()).filter(({ id }) => id !== store.info.network.id)
        if (others.length > 0)
          context.output.note(
            `It holds the network "${store.info.network.name}". Back up the others too, with --network: ${others.map(({ name }) => JSON.stringify(name)).join(', ')}`,
          )
        const { size } = statSync(path)
        await context.output.result(
          { file: path, bytes: size },
          () => `${path}\n${size} bytes. It holds the keys of this folder: keep it as private as them.`,
        )
      }),
    )
}
