import { Command } from 'commander'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'

/** `docstore id` */
export function idCommand(run: Run): Command {
  return new Command('id').description('show the person who writes here, the key of this device and this peer; makes them on first use').action(() =>
    run(async (context) => {
      await using store = await openStore(context, { network: 'off' })
      const { identity, person } = store.info
      const peer = await store.peerId()
      const lines = [...(person === undefined ? [] : [`person    ${person}`]), `identity  ${identity}`, `peer      ${peer}`]
      await context.output.result({ person: person ?? null, identity, peer }, () => lines.join('\n'))
    }),
  )
}
