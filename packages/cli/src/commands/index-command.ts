import { Command } from 'commander'
import type { Run } from '../context.ts'
import { indexCreateCommand } from './index-create.ts'
import { indexDropCommand } from './index-drop.ts'
import { indexListCommand } from './index-list.ts'

/** `docstore index …` */
export function indexCommand(run: Run): Command {
  return new Command('index')
    .description('create, list and drop indexes, which make queries fast')
    .addCommand(indexCreateCommand(run))
    .addCommand(indexListCommand(run))
    .addCommand(indexDropCommand(run))
}
