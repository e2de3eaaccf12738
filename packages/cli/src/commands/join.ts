import { Command } from 'commander'
import { createDocstore } from 'p2p-docstore'
import type { Run } from '../context.ts'

/** `docstore join LINK` */
export function joinCommand(run: Run): Command {
  return new Command('join')
    .description('remember a network')
    .argument('<link>', 'join link, or the address of a relay')
    .action((link: string) =>
      run(async ({ settings: { data }, output }) => {
        await using store = await createDocstore({ data, join: link, network: 'off' })
        const { id, name } = store.info.network
        await output.result({ network: id, name }, () => `Joined the network "${name}".`)
      }),
    )
}
