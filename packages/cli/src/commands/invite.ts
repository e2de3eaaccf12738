import { Command, Option } from 'commander'
import { Invitations } from 'p2p-docstore'
import { renderUnicodeCompact } from 'uqr'
import { commandText } from '../command-text.ts'
import type { Run } from '../context.ts'
import { joinLinkOf, joinText, qrText } from '../join-link.ts'
import { openStore } from '../open-store.ts'
import { wholeNumber } from '../settings.ts'
import { inviteListCommand, readableInvitation } from './invite-list.ts'
import { inviteRevokeCommand } from './invite-revoke.ts'

const DAY_MS: number = 24 * 60 * 60_000

interface Options {
  readonly for?: string
  readonly label?: string
  readonly expires?: number
  readonly qr?: boolean
}

/** `docstore invite …` */
export function inviteCommand(run: Run): Command {
  return new Command('invite')
    .description('let somebody into this invite-only network: prints a join link that lets in whoever has it')
    .option('--for <did>', 'let in only this identity; the link holds no secret then')
    .option('--label <text>', 'for whom it is, as you call them; everyone in the network can see it')
    .addOption(new Option('--expires <days>', 'end the membership after so many days').argParser(wholeNumber(1, 36_500)))
    .option('--qr', 'draw the link for a camera, too')
    .action(({ for: identity, label, expires, qr = false }: Options) =>
      run(async (context) => {
        await using store = await openStore(context)
        const invitations = new Invitations(store)
        // Says who may invite where this identity may not, before a relay is looked for.
        await invitations.list()
        // So that no invitation is made for which there is no link.
        await joinLinkOf(context, store)
        const { invitation, ...issued } = await invitations.create({
          identity,
          label,
          expires: expires === undefined ? undefined : Date.now() + expires * DAY_MS,
        })
        const { join, text } = await joinLinkOf(context, store, invitation)
        await context.output.result({ ...readableInvitation(issued), join, text }, () =>
          [
            `${joinText({ join, text })}\n`,
            ...(qr ? [renderUnicodeCompact(qrText(join)), ''] : []),
            `Its id is ${issued.id}. \`${commandText(context.settings, `invite revoke ${issued.id}`)}\` takes it back.`,
          ].join('\n'),
        )
      }),
    )
    .addCommand(inviteListCommand(run))
    .addCommand(inviteRevokeCommand(run))
}
