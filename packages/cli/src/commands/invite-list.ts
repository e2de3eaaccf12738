import { Command } from 'commander'
import { Invitations, type IssuedInvitation } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'

/** `docstore invite list` */
export function inviteListCommand(run: Run): Command {
  return new Command('list').description('list the invitations that were made here').action(() =>
    run(async (context) => {
      await using store = await openStore(context, { network: 'off' })
      const all = (await new Invitations(store).list()).map(readableInvitation)
      await context.output.result(all, () =>
        all.length === 0
          ? 'Nobody was invited from here. `docstore invite` does it.'
          : textTable(
              all.map(({ id, state, label, identity, expires }) => [
                id,
                state,
                expires === null ? '' : `until ${expires}`,
                label,
                identity ?? 'whoever has the link',
              ]),
            ),
      )
    }),
  )
}

/** An invitation as it is printed. */
export function readableInvitation({ id, label, identity, at, expires, state }: IssuedInvitation) {
  const end = expires === undefined ? null : new Date(expires).toISOString()
  return { id, label, identity: identity ?? null, at: new Date(at).toISOString(), expires: end, state }
}
