import { Command } from 'commander'
import type { Profile, Profiles } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { openStore } from '../open-store.ts'
import { openOwnProfile } from '../own-profile.ts'
import { profileJson } from '../profile-text.ts'

/** What is written about somebody, by the name of its command. */
const COMMANDS = {
  follow: { description: 'follow somebody: keep the profile equal from now on', done: 'You follow' },
  unfollow: { description: 'follow somebody no longer', done: 'You no longer follow' },
  block: { description: 'note that nothing of somebody is to be shown', done: 'You blocked' },
  unblock: { description: 'take a block back', done: 'You no longer block' },
} as const

/** `docstore profile follow|unfollow|block|unblock WHO` */
export function profileContactCommands(run: Run): readonly Command[] {
  return (Object.keys(COMMANDS) as (keyof typeof COMMANDS)[]).map((name) => {
    const { description, done } = COMMANDS[name]
    return contactCommand(run, new Command(name).description(description).argument('<who>', WHO), (profiles, who) => profiles[name](who), done)
  })
}

/** `docstore profile petname WHO [NAME]` */
export function profilePetnameCommand(run: Run): Command {
  const command = new Command('petname')
    .description('call somebody by a name of yours, which wins over theirs; without a name, no longer')
    .argument('<who>', WHO)
    .argument('[name]', 'the name')
  return contactCommand(run, command, (profiles, who, name) => profiles.petname(who, name ?? null), 'You call')
}

const WHO =
  'a username (@alice, alice@example.org), an identity (did:key:…), the id of a profile or person, a petname, or a name that one person alone has'

function contactCommand(
  run: Run,
  command: Command,
  write: (profiles: Profiles, who: string, name: string | undefined) => Promise<Profile>,
  done: string,
): Command {
  for (const option of copiesOptions()) command.addOption(option)
  const act = (who: string, name: string | undefined, options: CopiesOptions): Promise<void> =>
    run(async (context) => {
      await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
      const namespace = await openOwnProfile(context, store, options)
      const profile = await write(store.profiles, who, name)
      const copies = await waitForCopies(context, store, namespace, options)
      await context.output.result({ ...profileJson(profile), copies }, () => `${done} ${profile.label} (${profile.person}), ${copiesText(copies)}`)
    })
  return command.registeredArguments.length > 1
    ? command.action(act)
    : command.action((who: string, options: CopiesOptions) => act(who, undefined, options))
}
