import { Command } from 'commander'
import type { Run } from '../context.ts'
import { networkCreateCommand } from './network-create.ts'
import { networkLinkCommand } from './network-link.ts'
import { networkLeaveCommand } from './network-leave.ts'
import { networkListCommand } from './network-list.ts'
import { networkShowCommand } from './network-show.ts'
import { networkUseCommand } from './network-use.ts'

/** `docstore network …` */
export function networkCommand(run: Run): Command {
  return new Command('network')
    .description('the networks of this data: create, show, list, use and leave them, and the link into one')
    .addCommand(networkCreateCommand(run))
    .addCommand(networkShowCommand(run))
    .addCommand(networkLinkCommand(run))
    .addCommand(networkListCommand(run))
    .addCommand(networkUseCommand(run))
    .addCommand(networkLeaveCommand(run))
}
