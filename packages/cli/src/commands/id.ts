import { Command } from 'commander'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'

/** `docstore id` */
export function idCommand(run: Run): Command {
  return new Command('id').description('show this identity and this peer; makes them on first use').action(() =>
    run(async (context) => {
      await using store = await openStore(context, { network: 'off' })
      const { identity } = store.info
      const peer = await store.peerId()
      await context.output.result({ identity, peer }, () => `identity  ${identity}\npeer      ${peer}`)
    }),
  )
}
