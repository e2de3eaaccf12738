import { Command } from 'commander'
import { Invitations } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { readableInvitation } from './invite-list.ts'

/** `docstore invite revoke ID` */
export function inviteRevokeCommand(run: Run): Command {
  return new Command('revoke')
    .description('take an invitation back: whoever came in with it has to go')
    .argument('<id>', 'its id, or how that begins')
    .action((id: string) =>
      run(async (context) => {
        await using store = await openStore(context)
        await store.network?.reach({ timeoutMs: context.settings.reachMs, signal: context.signal })
        const { told, ...revoked } = await new Invitations(store).revoke(id)
        // A relay has shown them out itself.
        const isKnown = told > 0 || (await store.network?.isRelay()) === true
        await context.output.result({ ...readableInvitation(revoked), told }, () => `The invitation ${revoked.id} is void${isKnown ? '' : ' here'}.`)
        if (!isKnown) context.output.note('No relay was reached: the network hears of it when this data is connected next time.')
      }),
    )
}
