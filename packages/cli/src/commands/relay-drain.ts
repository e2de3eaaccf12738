import { DocstoreError } from '@p2p-docstore/core'
import { Command, Option } from 'commander'
import type { SectorsReport } from 'p2p-docstore'
import { setTimeout as pause } from 'node:timers/promises'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'

/** How often it is asked how far it is, milliseconds. */
const LOOK_MS = 1000

/** `docstore relay drain` */
export function relayDrainCommand(run: Run): Command {
  return new Command('drain')
    .description('let other relays take over what the running relay of this folder keeps; ends when it can be stopped without a copy being lost')
    .addOption(new Option('--cancel', 'it stays after all'))
    .action(({ cancel = false }: { readonly cancel?: boolean }) =>
      run(async (context) => {
        const { output, signal } = context
        await using store = await openStore(context)
        const { network } = store
        const before = await network?.placement()
        if (network === undefined || before === undefined)
          throw new DocstoreError('no-relay-here', 'No relay that keeps documents runs on this folder. Start it, or name its folder with --data')
        await network.drain(!cancel)
        if (cancel) {
          await output.result({ event: 'cancelled' }, () => 'The relay stays, and takes back what it owns.')
          return
        }
        let said = ''
        while (!signal.aborted) {
          const report = await network.placement()
          if (report === undefined) throw new DocstoreError('no-relay-here', 'The relay has ended')
          const { isDone, text } = progressOf(report)
          if (text !== said) await output.result({ event: isDone ? 'drained' : 'draining', left: report.unsafe, members: report.members }, () => text)
          said = text
          if (isDone) return
          await pause(LOOK_MS, undefined, { signal }).catch(() => undefined)
        }
      }),
    )
}

/** How far it is. Only where other relays own what it had can nothing be lost. */
function progressOf({ draining, members, unsafe, leaving, safe }: SectorsReport): { readonly isDone: boolean; readonly text: string } {
  if (!draining || members === 0)
    return { isDone: false, text: 'No other relay is there that owns anything yet: a relay does so after ten minutes. It is waited for.' }
  if (unsafe === 0 && leaving === safe) return { isDone: true, text: 'Everything is with its new owners. The relay can be stopped.' }
  return { isDone: false, text: `${unsafe} namespaces are not with all of their new owners yet.` }
}
