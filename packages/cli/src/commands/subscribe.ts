import { Command } from 'commander'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'

/** `docstore subscribe TOPIC` */
export function subscribeCommand(run: Run): Command {
  return new Command('subscribe')
    .description('print the messages of a topic, one per line')
    .argument('<topic>')
    .action((topic: string) =>
      run(async (context) => {
        const { settings, output, signal } = context
        await using store = await openStore(context, { network: 'on' })
        const reached = await store.network?.reach({ timeoutMs: settings.reachMs, signal })
        if (reached === 0 && (await store.network?.isRelay()) === false) output.note('No relay could be reached yet; it is tried again all the time.')
        const messages = store.subscribe(topic, { signal })
        let next = messages.next()
        // Whoever reads this line can publish: the subscription was made before this question was answered.
        await Promise.race([next, store.peerId()])
        output.note(`Listening to ${JSON.stringify(topic)}. Press Ctrl+C to stop.`)
        for (let message = await next; message.done !== true; message = await next) {
          const { from, text } = message.value
          await output.lines([{ topic, from, text }])
          next = messages.next()
        }
      }),
    )
}
