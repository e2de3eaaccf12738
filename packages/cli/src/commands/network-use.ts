import { Command } from 'commander'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'

/** `docstore network use NETWORK` */
export function networkUseCommand(run: Run): Command {
  return new Command('use')
    .description('let commands work in this network where they are given no other')
    .argument('<network>', 'its name, its id, or the last letters of its id')
    .action((network: string) =>
      run(async (context) => {
        await using store = await openStore({ ...context, settings: { ...context.settings, network: undefined } }, { network: 'off' })
        const { id, name } = await store.useNetwork(network)
        await context.output.result({ network: id, name }, () => `Commands work in the network "${name}" now.`)
      }),
    )
}
