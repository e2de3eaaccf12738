import { DocstoreError } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { Docstore } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { openOwnProfile } from '../own-profile.ts'
import { profileJson, profileText } from '../profile-text.ts'
import { describeNetwork } from './network-show.ts'

/** `docstore profile show [WHO]` */
export function profileShowCommand(run: Run): Command {
  return new Command('show')
    .description('show the profile of somebody, or yours')
    .argument(
      '[who]',
      'a username (@alice, alice@example.org), an identity (did:key:…), the id of a profile or person, a petname, or a name that one person alone has',
      'me',
    )
    .action((who: string) =>
      run(async (context) => {
        await using store = await openStore(context)
        await openOwnProfile(context, store)
        const profile = await store.profiles.show(who, { timeoutMs: context.settings.timeoutMs })
        if (!profile.hasProfile && !profile.isMe)
          throw new DocstoreError(
            'unknown-profile',
            profile.at === undefined
              ? `Nobody could be asked for the profile of ${profile.label}. Try again once a relay is reached`
              : `${profile.label} has no profile, as far as the relays that were reached know`,
          )
        const names = await namesOf(store, profile.person, context.settings.timeoutMs)
        await context.output.result({ ...profileJson(profile), names }, () => profileText(profile, names))
      }),
    )
}

/** Usernames that the network granted to somebody; none where it grants none, or where it is a key and no person. */
async function namesOf(store: Docstore, who: string, timeoutMs: number): Promise<readonly string[]> {
  if (who.startsWith('did:') || describeNetwork(store).names === null) return []
  return (await store.names.of(who, { timeoutMs })).map(({ name }) => name)
}
