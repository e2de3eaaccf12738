import { Command } from 'commander'
import type { Run } from '../context.ts'
import { namespaceCreateCommand } from './namespace-create.ts'
import { namespaceEndCommand } from './namespace-end.ts'
import { namespaceForgetCommand } from './namespace-forget.ts'
import { namespaceHistoryCommand } from './namespace-history.ts'
import { namespaceListCommand } from './namespace-list.ts'
import { namespacePendingCommand } from './namespace-pending.ts'
import { namespaceGrantCommand, namespaceMembersCommand, namespaceRevokeCommand } from './namespace-roles.ts'
import { namespaceRulesCommand } from './namespace-rules.ts'
import { namespaceSetCommand } from './namespace-set.ts'
import { namespaceShowCommand } from './namespace-show.ts'

/** `docstore namespace …` */
export function namespaceCommand(run: Run): Command {
  return new Command('namespace')
    .description('create, list and show namespaces, and what becomes of them')
    .addCommand(namespaceCreateCommand(run))
    .addCommand(namespaceListCommand(run))
    .addCommand(namespaceShowCommand(run))
    .addCommand(namespaceSetCommand(run))
    .addCommand(namespaceRulesCommand(run))
    .addCommand(namespaceGrantCommand(run))
    .addCommand(namespaceRevokeCommand(run))
    .addCommand(namespaceMembersCommand(run))
    .addCommand(namespaceHistoryCommand(run))
    .addCommand(namespacePendingCommand(run))
    .addCommand(namespaceForgetCommand(run))
    .addCommand(namespaceEndCommand(run))
}
