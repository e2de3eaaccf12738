import { Command } from 'commander'
import { changePassphrase } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { askNewPassphrase, ENV_NEW, withPassphrase } from '../people/passphrase.ts'

/** `docstore passphrase set` */
export function passphraseSetCommand(run: Run): Command {
  return new Command('set')
    .description(`lock the identity of a folder that no program uses; the passphrase is asked for, or taken from ${ENV_NEW}`)
    .action(() =>
      run(async (context) => {
        const { settings, output } = context
        const next = await askNewPassphrase(context)
        const { folder, networks } = await withPassphrase(context, (current) => changePassphrase(settings.data, { current, next }))
        await output.result(
          { folder, locked: true, networks },
          () =>
            `The identity in ${folder} is locked. Commands and relays ask for the passphrase, or take it from DOCSTORE_PASSPHRASE. Nobody can restore it: without it this device is lost, and the 24 recovery words alone bring the person back (docstore person restore).`,
        )
      }),
    )
}
