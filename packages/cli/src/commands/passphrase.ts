import { Command } from 'commander'
import type { Run } from '../context.ts'
import { passphraseRemoveCommand } from './passphrase-remove.ts'
import { passphraseSetCommand } from './passphrase-set.ts'

/** `docstore passphrase …` */
export function passphraseCommand(run: Run): Command {
  return new Command('passphrase')
    .description('lock the identity of this folder with a passphrase, change that, or remove it')
    .addCommand(passphraseSetCommand(run))
    .addCommand(passphraseRemoveCommand(run))
}
