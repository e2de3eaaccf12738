import { Command } from 'commander'
import type { Run } from '../context.ts'
import { networkCreateCommand } from './network-create.ts'
import { networkLinkCommand } from './network-link.ts'
import { networkShowCommand } from './network-show.ts'

/** `docstore network …` */
export function networkCommand(run: Run): Command {
  return new Command('network')
    .description('create and show the network of this data, and the link into it')
    .addCommand(networkCreateCommand(run))
    .addCommand(networkShowCommand(run))
    .addCommand(networkLinkCommand(run))
}
