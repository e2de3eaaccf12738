import { DocstoreError } from '@p2p-docstore/core'
import { Argument, Command } from 'commander'
import type { Docstore, Profile } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { waitForFileCopies } from '../file-copies.ts'
import { openStore } from '../open-store.ts'
import { openOwnProfile } from '../own-profile.ts'
import { profileJson, profileText } from '../profile-text.ts'

const FIELDS = ['name', 'about', 'username', 'picture', 'status', 'link'] as const

/** `docstore profile set FIELD [VALUE]` */
export function profileSetCommand(run: Run): Command {
  const command = new Command('set')
    .description('set something in your profile, which everyone in the network can read; without a value, take it away')
    .addArgument(new Argument('<field>', 'what to set').choices(FIELDS))
    .argument('[value]', 'a text; for picture a file of 256 KiB at most; for link LABEL=ADDRESS, or LABEL= to take one away')
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((field: (typeof FIELDS)[number], value: string | undefined, options: CopiesOptions) =>
    run(async (context) => {
      await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
      const namespace = await openOwnProfile(context, store, options)
      const profile = await set(store, field, value)
      const { picture } = profile.static
      const copies =
        field === 'picture' && picture !== undefined
          ? await waitForFileCopies(context, store, namespace, picture.cid, options)
          : await waitForCopies(context, store, namespace, options)
      await context.output.result({ ...profileJson(profile), copies }, () => `${profileText(profile)}\n${copiesText(copies)}`)
    }),
  )
}

function set({ profiles }: Docstore, field: (typeof FIELDS)[number], value: string | undefined): Promise<Profile> {
  if (field !== 'link') return profiles.set(field, value ?? null)
  const [label = '', address = ''] = split(value ?? '')
  if (label === '') throw new DocstoreError('bad-profile', 'A link is LABEL=ADDRESS, such as home=https://example.org')
  return profiles.set('links', { [label]: address === '' ? null : address })
}

/** Addresses have a `=` too. */
function split(text: string): readonly string[] {
  const at = text.indexOf('=')
  return at === -1 ? [] : [text.slice(0, at), text.slice(at + 1)]
}
