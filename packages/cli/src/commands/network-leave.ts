import { Command } from 'commander'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'

/** `docstore network leave NETWORK` */
export function networkLeaveCommand(run: Run): Command {
  return new Command('leave')
    .description('leave a network, and remove everything of it from this folder; others keep what they have')
    .argument('<network>', 'its name, its id, or the last letters of its id')
    .option('--force', 'also where no relay is known to have everything')
    .action((network: string, { force = false }: { readonly force?: boolean }) =>
      run(async (context) => {
        const { signal, settings, output } = context
        await using store = await openStore({ ...context, settings: { ...settings, network: undefined } }, { network: force ? 'off' : 'auto' })
        const { id, name } = await store.leave(network, { force, signal })
        const now = (await store.networks()).find(({ isUsed }) => isUsed)
        await output.result({ left: id, name, network: now?.id ?? null }, () =>
          now === undefined ? `Left the network "${name}".` : `Left the network "${name}". Commands work in "${now.name}" now.`,
        )
      }),
    )
}
