import type { Diagnosis, Docstore, PeerStatus } from 'p2p-docstore'
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { useLive } from '../store/use-live.ts'
import { TEST_IDS } from '../test-ids.ts'

/** Shortest pause between two check-ups, milliseconds: connections may come and go in quick succession. */
const PAUSE_MS = 1000

/** What the library's self-check finds, and what to do about it. Runs again whenever a relay or a direct connection changes. */
export function DoctorSection({ store, peers }: { readonly store: Docstore; readonly peers: readonly PeerStatus[] }): ReactNode {
  const [isRunning, setRunning] = useState(true)
  const again = useRef(() => {})
  const check = useCallback(async () => {
    setRunning(true)
    try {
      return await store.doctor()
    } finally {
      setRunning(false)
    }
  }, [store])
  const subscribe = useCallback((nudge: () => void) => {
    again.current = nudge
    return () => {
      again.current = () => {}
    }
  }, [])
  const { value, error } = useLive(check, subscribe, PAUSE_MS)
  const standing = peers.flatMap(standingOf).join()
  useEffect(() => again.current(), [standing])
  const findings: readonly Diagnosis[] | undefined =
    error === undefined ? value : [{ check: 'doctor', ok: false, fault: null, message: error, fix: 'Reload the page' }]
  return (
    <section className="panel-section">
      <div className="section-head">
        <h3>Check-up</h3>
        <button type="button" className="button-small" data-testid={TEST_IDS.doctorRun} onClick={() => again.current()}>
          Check again
        </button>
      </div>
      <ul className="plain-list" aria-live="polite">
        {findings?.map(({ check, ok, message, fix }, i) => (
          <li key={`${check}-${i}`} className="finding" data-testid={TEST_IDS.doctorFinding} data-ok={ok}>
            <span className={ok ? 'mark mark-ok' : 'mark mark-bad'} role="img" aria-label={ok ? 'fine' : 'fault'}>
              {ok ? '✓' : '!'}
            </span>
            <span>
              {message}
              {fix === '' ? null : <span className="fix">{fix}</span>}
            </span>
          </li>
        ))}
      </ul>
      {isRunning ? <p className="hint">Checking…</p> : null}
    </section>
  )
}

/** What a check-up says more about, or something else, when it changes. */
function standingOf({ role, id, state, errorCode, direct }: PeerStatus): readonly string[] {
  if (role === 'relay') return [`${id} ${state} ${errorCode}`]
  return direct === 'open' || direct === 'failed' ? [`${id} ${direct}`] : []
}
