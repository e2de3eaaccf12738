import { Command } from 'commander'
import type { Run } from '../context.ts'
import { byteText } from '../output/byte-text.ts'
import { openStore } from '../open-store.ts'

/** How often somebody is told how far it is, milliseconds. */
const NOTE_MS = 2000

/** `docstore compact` */
export function compactCommand(run: Run): Command {
  return new Command('compact').description('give the space of what was deleted back to the disk').action(() =>
    run(async (context) => {
      await using store = await openStore(context, { network: 'off' })
      let freed = 0
      let before: number | undefined
      let notedAt = performance.now()
      const onProgress = (left: number): void => {
        freed += Math.max(0, (before ?? left) - left)
        before = left
        if (left === 0 || performance.now() - notedAt < NOTE_MS) return
        notedAt = performance.now()
        context.output.note(`${byteText(left)} left`)
      }
      await store.compact({ onProgress, signal: context.signal })
      await context.output.result({ freed }, () => `Compacted: ${byteText(freed)} given back.`)
    }),
  )
}
