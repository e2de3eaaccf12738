import { Command } from 'commander'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'

/** `docstore publish TOPIC TEXT` */
export function publishCommand(run: Run): Command {
  return new Command('publish')
    .description('send a message to everyone who is subscribed to a topic now')
    .argument('<topic>')
    .argument('<text>')
    .action((topic: string, text: string) =>
      run(async (context) => {
        await using store = await openStore(context, { network: 'on' })
        await store.network?.reach({ timeoutMs: context.settings.reachMs, signal: context.signal })
        const { recipients } = await store.publish(topic, text)
        await context.output.result({ recipients }, () =>
          recipients === 0
            ? 'Handed to no other peer: nobody is subscribed, or no relay could be reached.'
            : `Handed to ${recipients} ${recipients === 1 ? 'peer' : 'peers'}.`,
        )
      }),
    )
}
