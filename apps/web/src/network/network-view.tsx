import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useCallback, useState } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { useLive } from '../store/use-live.ts'
import { MarkedText } from '../ui/marked-text.tsx'
import { NetworkGraph } from './network-graph.tsx'
import { NetworkPeerRow } from './network-peer-row.tsx'
import { type NetworkMap, networkMap } from './network-peers.ts'
import { keptText, useSectors } from './sectors.ts'

/** Shortest pause between two looks at the directory, milliseconds: in a large network something changes all the time. */
const PAUSE_MS = 500

/** Who is in the network and who is connected to whom, drawn and listed. */
export function NetworkView({ store }: { readonly store: Docstore }): ReactNode {
  const { value: map, error } = useNetworkMap(store)
  const sectors = useSectors(store)
  const kept = sectors === undefined ? undefined : keptText(sectors.values())
  const [selected, setSelected] = useState<string>()
  if (map === undefined) return <div className="pad">{error === undefined ? <p className="hint">Loading…</p> : <p role="alert">{error}</p>}</div>
  const relays = map.peers.filter(({ kind }) => kind === 'relay').length
  return (
    <div className="network">
      <a className="back" href="#/">
        ← Namespaces
      </a>
      <header className="network-head">
        <h1>
          <MarkedText text={store.info.network.name} />
        </h1>
        <p className="hint">
          {count(relays, 'relay')} and {count(map.peers.length - 1 - relays, 'other peer')} that are connected here or want to be listed.
        </p>
        {kept === undefined ? null : (
          <p className="hint" data-testid={TEST_IDS.networkKept}>
            {kept}
          </p>
        )}
      </header>
      <div className="network-columns">
        <div className="network-drawing">
          <NetworkGraph map={map} selected={selected} onSelect={setSelected} />
          <p className="legend">
            <span className="legend-item legend-relay">with a relay</span>
            <span className="legend-item legend-direct">direct</span>
            <span className="legend-item legend-relayed">through a relay</span>
          </p>
        </div>
        <ul className="plain-list network-list">
          {map.peers.map((peer) => (
            <NetworkPeerRow key={peer.id} peer={peer} sectors={sectors?.get(peer.id)} isSelected={peer.id === selected} onSelect={setSelected} />
          ))}
        </ul>
      </div>
    </div>
  )
}

function useNetworkMap(store: Docstore): { readonly value: NetworkMap | undefined; readonly error: string | undefined } {
  const load = useCallback(async () => networkMap(await store.peerId(), await store.directory(), await store.peers()), [store])
  const subscribe = useCallback(
    (nudge: () => void) => {
      const ends = [store.on('peer', nudge), store.on('directory', nudge)]
      return () => ends.forEach((end) => end())
    },
    [store],
  )
  return useLive(load, subscribe, PAUSE_MS)
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
