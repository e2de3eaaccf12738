import { Command } from 'commander'
import type { Run } from '../context.ts'
import { profileContactCommands, profilePetnameCommand } from './profile-contact.ts'
import { profileListCommand } from './profile-list.ts'
import { profileSetCommand } from './profile-set.ts'
import { profileShowCommand } from './profile-show.ts'

/** `docstore profile …` */
export function profileCommand(run: Run): Command {
  const command = new Command('profile')
    .description('who people say they are, and whom you follow; all of it is public in the network')
    .addCommand(profileShowCommand(run))
    .addCommand(profileSetCommand(run))
    .addCommand(profileListCommand(run))
  for (const contact of profileContactCommands(run)) command.addCommand(contact)
  return command.addCommand(profilePetnameCommand(run))
}
