import type { RelaySectorsReport } from 'p2p-docstore'
import { type ReactNode, useEffect, useRef } from 'react'
import { connectionText, plainConnectionText } from '../connection/connection-state.ts'
import { PersonLink, PersonName } from '../people/person-name.tsx'
import { TEST_IDS } from '../test-ids.ts'
import type { NetworkPeer } from './network-peers.ts'
import { relayKeeps } from './sectors.ts'

const KINDS = { self: 'You', relay: 'Relay', peer: 'Peer' } as const

/** One peer of the list; opened, it tells everything that is known of it. */
export function NetworkPeerRow({
  peer,
  sectors,
  isSelected,
  onSelect,
}: {
  readonly peer: NetworkPeer
  /** What it says of what it keeps; absent where it is no relay that does, or was not asked. */
  readonly sectors: RelaySectorsReport | undefined
  readonly isSelected: boolean
  readonly onSelect: (id: string | undefined) => void
}): ReactNode {
  const row = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (isSelected) row.current?.scrollIntoView({ block: 'nearest' })
  }, [isSelected])
  const { id, name, kind, status, listed } = peer
  const state = kind === 'self' ? 'connected' : (status?.state ?? 'known')
  return (
    <li ref={row} className="network-peer" data-testid={TEST_IDS.networkPeer} data-id={id} data-kind={kind} data-state={state}>
      <button type="button" className="network-peer-head" aria-expanded={isSelected} onClick={() => onSelect(isSelected ? undefined : id)}>
        <span className={`dot dot-${state}`} aria-hidden="true" />
        <span className="network-peer-name">
          {kind === 'peer' && listed?.identity !== undefined ? <PersonName person={listed.identity} /> : name}
        </span>
        <span className="hint">{[KINDS[kind], factOf(peer)].filter((part) => part !== '').join(' · ')}</span>
      </button>
      {isSelected ? (
        <dl className="facts">
          <dt>Peer id</dt>
          <dd>
            <code>{id}</code>
          </dd>
          {status === undefined || state !== 'connected' ? null : <Fact name="Connection" values={[connectionText(status)]} />}
          {listed === undefined ? null : (
            <>
              {listed.identity === undefined ? null : (
                <>
                  <dt>Run by</dt>
                  <dd>
                    <PersonLink person={listed.identity} />
                  </dd>
                </>
              )}
              <Fact name="Does" values={listed.services.length === 0 ? [] : [listed.services.join(', ')]} />
              <Fact name="Page" values={listed.origin === undefined ? [] : [listed.origin]} />
              <Fact name="Since" values={[new Date(listed.since).toLocaleString()]} />
              <Fact name="Addresses" values={listed.addresses} />
            </>
          )}
          {sectors === undefined ? null : <Fact name="Keeps" values={relayKeeps(sectors)} />}
          {status?.error === undefined || state === 'connected' ? null : <Fact name="Last attempt" values={[status.error]} />}
        </dl>
      ) : null}
    </li>
  )
}

function factOf({ kind, status, listed }: NetworkPeer): string {
  if (kind === 'self') return listed === undefined ? 'not listed' : 'listed'
  return status === undefined ? 'known to the network' : plainConnectionText(status)
}

function Fact({ name, values }: { readonly name: string; readonly values: readonly string[] }): ReactNode {
  if (values.length === 0) return null
  return (
    <>
      <dt>{name}</dt>
      {values.map((value) => (
        <dd key={value}>{value}</dd>
      ))}
    </>
  )
}
