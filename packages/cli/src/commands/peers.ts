import { Command } from 'commander'
import type { Run } from '../context.ts'
import { REACH_TIMEOUT_MS } from '../limits.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../text-table.ts'

/** `docstore peers` */
export function peersCommand(run: Run): Command {
  return new Command('peers').description('list who is connected and who is known').action(() =>
    run(async (context) => {
      await using store = await openStore(context)
      await store.network?.reach({ timeoutMs: Math.min(context.settings.timeoutMs, REACH_TIMEOUT_MS), signal: context.signal })
      const peers = (await store.peers()).map(({ id, role, via = null, state, origin = null, error = null }) => ({
        id,
        role,
        via,
        state,
        origin,
        error,
      }))
      await context.output.result(peers, () =>
        peers.length === 0
          ? 'No peer is known. `docstore join LINK` joins a network.'
          : textTable(peers.map(({ id, role, via, state, origin, error }) => [id, role, state, via ?? '', origin ?? '', error ?? ''])),
      )
    }),
  )
}
