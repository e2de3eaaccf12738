import { Command } from 'commander'
import type { Run } from '../context.ts'
import { namespaceCreateCommand } from './namespace-create.ts'
import { namespaceListCommand } from './namespace-list.ts'
import { namespacePendingCommand } from './namespace-pending.ts'
import { namespaceShowCommand } from './namespace-show.ts'

/** `docstore namespace …` */
export function namespaceCommand(run: Run): Command {
  return new Command('namespace')
    .description('create, list and show namespaces')
    .helpCommand(false)
    .addCommand(namespaceCreateCommand(run))
    .addCommand(namespaceListCommand(run))
    .addCommand(namespaceShowCommand(run))
    .addCommand(namespacePendingCommand(run))
}
