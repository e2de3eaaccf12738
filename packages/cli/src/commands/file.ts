import { Command } from 'commander'
import type { Run } from '../context.ts'
import { fileDeleteCommand } from './file-delete.ts'
import { fileGetCommand } from './file-get.ts'
import { fileListCommand } from './file-list.ts'
import { filePutCommand } from './file-put.ts'

/** `docstore file …` */
export function fileCommand(run: Run): Command {
  return new Command('file')
    .description('store, fetch, list and delete files of a namespace')
    .addCommand(filePutCommand(run))
    .addCommand(fileGetCommand(run))
    .addCommand(fileListCommand(run))
    .addCommand(fileDeleteCommand(run))
}
