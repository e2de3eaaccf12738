import { Command } from 'commander'
import { renderUnicodeCompact } from 'uqr'
import type { Run } from '../context.ts'
import { joinLinkOf, joinText, qrText } from '../join-link.ts'
import { openStore } from '../open-store.ts'
import { describeNetwork } from './network-show.ts'

/** `docstore network link` */
export function networkLinkCommand(run: Run): Command {
  return new Command('link')
    .description('print the join link of this network, with up to four relays')
    .option('--qr', 'draw it for a camera, too')
    .action(({ qr = false }: { qr?: boolean }) =>
      run(async (context) => {
        await using store = await openStore(context)
        const link = await joinLinkOf(context, store)
        if (describeNetwork(store).admission === 'invite')
          context.output.note('This link shows where the network is, and admits nobody: `docstore invite` makes links that do.')
        await context.output.result(link, () => (qr ? `${joinText(link)}\n\n${renderUnicodeCompact(qrText(link.join))}` : joinText(link)))
      }),
    )
}
