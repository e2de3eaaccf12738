import { Command } from 'commander'
import { createDocstore, hasChosenNetwork, needsInvitation } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { CUT_LINK_HINT, mayBeCut } from '../cut-link.ts'
import { hasData } from '../open-store.ts'

/** `docstore join LINK` */
export function joinCommand(run: Run): Command {
  return new Command('join')
    .description('remember a network')
    .argument('<link>', 'join text (bjoin…), join link, or the address of a relay, as host:8080')
    .action((link: string) =>
      run(async ({ settings: { data }, output }) => {
        const before = hasData(data) ? await chosenNetwork(data) : undefined
        await using store = await createDocstore({ data, join: link, network: 'off' })
        const { id, name } = store.info.network
        const left = before === undefined || before.id === id ? null : before
        await output.result(
          { network: id, name, ...(left === null ? {} : { left }) },
          () => `Joined the network "${name}"${left === null ? '' : `, and left the network "${left.name}"`}.`,
        )
        if (await needsInvitation(store.replica)) {
          const { identity } = store.info
          output.note(`It admits only those who are invited, and this link holds no invitation. Ask an authority: docstore invite --for ${identity}`)
          if (mayBeCut(link)) output.note(`If the link had one: ${CUT_LINK_HINT}`)
        }
      }),
    )
}

/** The network of some data, where somebody chose it. */
async function chosenNetwork(data: string): Promise<{ readonly id: string; readonly name: string } | undefined> {
  await using store = await createDocstore({ data, network: 'off' })
  const { id, name } = store.info.network
  return (await hasChosenNetwork(store.replica)) ? { id, name } : undefined
}
