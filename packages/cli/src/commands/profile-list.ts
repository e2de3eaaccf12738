import { Command } from 'commander'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'
import { openOwnProfile } from '../own-profile.ts'
import { isoTime } from '../profile-text.ts'

/** `docstore profile list` */
export function profileListCommand(run: Run): Command {
  return new Command('list').description('list yourself and those whom you follow, block or call by a name of yours').action(() =>
    run(async (context) => {
      await using store = await openStore(context)
      await openOwnProfile(context, store)
      const people = await store.profiles.list({ timeoutMs: context.settings.reachMs })
      const shown = people.map(({ at, ...one }) => ({ ...one, at: isoTime(at) }))
      await context.output.result(shown, () =>
        textTable(
          people.map(({ label, isMe, isFollowed, isBlocked, person }) => [
            label,
            [isMe ? 'you' : [], isFollowed ? 'followed' : [], isBlocked ? 'blocked' : []].flat().join(', '),
            person,
          ]),
        ),
      )
    }),
  )
}
