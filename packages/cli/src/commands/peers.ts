import { Command } from 'commander'
import type { Docstore, PeerStatus } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { REACH_TIMEOUT_MS } from '../limits.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../text-table.ts'

/** How long relays may take to let others reach this peer, milliseconds. */
const RESERVE_TIMEOUT_MS = 1000

/** `docstore peers` */
export function peersCommand(run: Run): Command {
  return new Command('peers').description('list who is connected and who is known').action(() =>
    run(async (context) => {
      await using store = await openStore(context)
      await store.network?.reach({ timeoutMs: Math.min(context.settings.timeoutMs, REACH_TIMEOUT_MS), signal: context.signal })
      await untilReachable(store, context.signal)
      const peers = (await store.peers()).map(({ id, role, via = null, state, origin = null, error = null, reservation }) => ({
        id,
        role,
        via,
        state,
        origin,
        error,
        reservation,
      }))
      await context.output.result(peers, () =>
        peers.length === 0
          ? 'No peer is known. `docstore join LINK` joins a network.'
          : textTable(
              peers.map(({ id, role, via, state, origin, error, reservation }) => [
                id,
                role,
                state,
                via ?? '',
                origin ?? '',
                error ?? (reservation ? 'others can reach you through it' : ''),
              ]),
            ),
      )
    }),
  )
}

/** Relays let others reach this peer a moment after it has connected. */
async function untilReachable(store: Docstore, signal: AbortSignal): Promise<void> {
  const changed = Promise.withResolvers<void>()
  const timer = setTimeout(changed.resolve, RESERVE_TIMEOUT_MS)
  const look = (peers: readonly PeerStatus[]): void => {
    if (!peers.some(({ role, state, reservation }) => role === 'relay' && state === 'connected' && !reservation)) changed.resolve()
  }
  const unlisten = store.on('peer', look)
  signal.addEventListener('abort', () => changed.resolve(), { once: true })
  look(await store.peers())
  await changed.promise
  clearTimeout(timer)
  unlisten()
}
