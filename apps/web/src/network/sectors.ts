import type { Docstore, RelaySectorsReport } from 'p2p-docstore'
import { useCallback } from 'react'
import { useLive } from '../store/use-live.ts'

/** How often relays are asked how it stands with what they keep, milliseconds, and how long they may take. */
const ASK_EVERY_MS = 10_000
const TIMEOUT_MS = 8000
/** Sectors of the key space (docs/spec/placement.md). */
const SECTORS = 1024

/** What relays say of what they keep, by peer id; `undefined` until they were asked. */
export function useSectors(store: Docstore): ReadonlyMap<string, RelaySectorsReport> | undefined {
  const load = useCallback(async () => {
    const reports = (await store.network?.sectors({ timeoutMs: TIMEOUT_MS })) ?? []
    return new Map(reports.map((report) => [report.peer, report]))
  }, [store])
  const subscribe = useCallback((nudge: () => void) => {
    const timer = setInterval(nudge, ASK_EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  return useLive(load, subscribe).value
}

/** How often documents are kept in the network, and what is under way; `undefined` where no relay that keeps documents answers. */
export function keptText(reports: Iterable<RelaySectorsReport>): string | undefined {
  const all = [...reports]
  const [first] = all
  if (first === undefined) return undefined
  const { copies, members, everywhere } = all.find((one) => !one.everywhere) ?? first
  const kept = everywhere ? 'Every relay keeps everything.' : `Each document is to be at ${copies} of ${members} relays.`
  const [fetching, handing] = [sum(all, 'syncing'), sum(all, 'leaving')]
  if (fetching + handing === 0) return `${kept} Nothing is being repaired.`
  const parts = [
    ...(fetching > 0 ? [`${fetching.toLocaleString()} of ${SECTORS.toLocaleString()} sectors of the key space are being fetched or compared`] : []),
    ...(handing > 0 ? [`${handing.toLocaleString()} are being handed on`] : []),
  ]
  return `${kept} At the relays that were asked, ${parts.join(', and ')}.`
}

/** What one relay keeps. */
export function relayKeeps({ everywhere, draining, owned, serving, syncing, leaving, unsafe }: RelaySectorsReport): readonly string[] {
  return [
    ...(draining ? ['It is about to go, and hands on what it has'] : []),
    everywhere && !draining
      ? 'Everything in the network'
      : `${owned.toLocaleString()} of ${SECTORS.toLocaleString()} sectors, of which it serves ${serving.toLocaleString()}`,
    ...(syncing > 0 ? [`${syncing.toLocaleString()} being fetched or compared`] : []),
    ...(leaving > 0 ? [`${leaving.toLocaleString()} of others, to be handed on (${unsafe.toLocaleString()} namespaces are not safe there yet)`] : []),
  ]
}

function sum(reports: readonly RelaySectorsReport[], state: 'syncing' | 'leaving'): number {
  return reports.reduce((total, report) => total + report[state], 0)
}
