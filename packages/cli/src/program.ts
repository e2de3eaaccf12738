import { Command, type CommanderError } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { conformanceCommand } from './commands/conformance.ts'
import { compactCommand } from './commands/compact.ts'
import { countCommand } from './commands/count.ts'
import { deleteCommand } from './commands/delete.ts'
import { deviceCommand } from './commands/device.ts'
import { doctorCommand } from './commands/doctor.ts'
import { explainCommand } from './commands/explain.ts'
import { eraseCommand } from './commands/erase.ts'
import { exportCommand } from './commands/export.ts'
import { fileCommand } from './commands/file.ts'
import { findCommand } from './commands/find.ts'
import { catCommand } from './commands/cat.ts'
import { getCommand } from './commands/get.ts'
import { historyCommand } from './commands/history.ts'
import { idCommand } from './commands/id.ts'
import { importCommand } from './commands/import.ts'
import { indexCommand } from './commands/index-command.ts'
import { inviteCommand } from './commands/invite.ts'
import { joinCommand } from './commands/join.ts'
import { nameCommand } from './commands/name.ts'
import { namespaceCommand } from './commands/namespace.ts'
import { networkCommand } from './commands/network.ts'
import { nostrCommand } from './nostr/nostr-command.ts'
import { passphraseCommand } from './commands/passphrase.ts'
import { personCommand } from './commands/person.ts'
import { peersCommand } from './commands/peers.ts'
import { presenceCommand } from './commands/presence.ts'
import { profileCommand } from './commands/profile.ts'
import { publishCommand } from './commands/publish.ts'
import { putCommand } from './commands/put.ts'
import { relayCommand } from './commands/relay.ts'
import { restoreCommand } from './commands/restore.ts'
import { statusCommand } from './commands/status.ts'
import { subscribeCommand } from './commands/subscribe.ts'
import { syncCommand } from './commands/sync.ts'
import { updateCommand } from './commands/update.ts'
import { conflictsCommand } from './commands/conflicts.ts'
import { resolveCommand } from './commands/resolve.ts'
import { watchCommand } from './commands/watch.ts'
import { whereCommand } from './commands/where.ts'
import type { Run } from './context.ts'
import { addGlobalOptions } from './settings.ts'

const COMMANDS = [
  relayCommand,
  joinCommand,
  networkCommand,
  inviteCommand,
  idCommand,
  passphraseCommand,
  personCommand,
  deviceCommand,
  profileCommand,
  nameCommand,
  nostrCommand,
  namespaceCommand,
  putCommand,
  getCommand,
  catCommand,
  updateCommand,
  conflictsCommand,
  resolveCommand,
  historyCommand,
  deleteCommand,
  eraseCommand,
  compactCommand,
  importCommand,
  fileCommand,
  findCommand,
  countCommand,
  indexCommand,
  explainCommand,
  watchCommand,
  syncCommand,
  statusCommand,
  exportCommand,
  restoreCommand,
  publishCommand,
  subscribeCommand,
  presenceCommand,
  peersCommand,
  whereCommand,
  doctorCommand,
  conformanceCommand,
]

/** The command line: every command, and what is common to all of them. */
export function createProgram(run: Run): Command {
  const program = new Command('docstore').description('A peer-to-peer document store')
  program.version(packageJson.version)
  addGlobalOptions(program)
  for (const create of COMMANDS) program.addCommand(create(run))
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    // The error is reported in one place, in the form that was asked for.
    command
      .exitOverride((error) => {
        usedWrongly.set(error, pathOf(command))
        throw error
      })
      .configureOutput({ outputError: () => undefined })
      .configureHelp({ showGlobalOptions: true })
    if (command.commands.length > 0) command.helpCommand('help [command]', 'show how a command is used')
  }
  return program
}

/** Which command was meant where one was used wrongly. */
const usedWrongly = new WeakMap<CommanderError, string>()

/** What a person types to see how the command is used that this error is about. */
export function helpFor(error: CommanderError): string {
  return `${usedWrongly.get(error) ?? 'docstore'} --help`
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}
