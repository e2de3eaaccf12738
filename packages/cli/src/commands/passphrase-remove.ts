import { Command } from 'commander'
import { changePassphrase } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { withPassphrase } from '../people/passphrase.ts'

/** `docstore passphrase remove` */
export function passphraseRemoveCommand(run: Run): Command {
  return new Command('remove').description('keep the identity of a folder that no program uses without a passphrase again').action(() =>
    run(async (context) => {
      const { settings, output } = context
      const { folder, networks } = await withPassphrase(context, (current) => changePassphrase(settings.data, { current }))
      await output.result({ folder, locked: false, networks }, () => `The identity in ${folder} is not locked any more.`)
    }),
  )
}
