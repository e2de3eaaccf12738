import type { Diagnosis, Docstore, PeerStatus } from 'p2p-docstore'
import { type ReactNode, useCallback, useEffect, useState } from 'react'
import { errorCode, errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'

/** What the library's self-check finds, and what to do about it. Runs again whenever the state of a relay changes. */
export function DoctorSection({ store, peers }: { readonly store: Docstore; readonly peers: readonly PeerStatus[] }): ReactNode {
  const [findings, setFindings] = useState<readonly Diagnosis[]>()
  const run = useCallback(async () => {
    setFindings(undefined)
    try {
      setFindings(await store.doctor())
    } catch (error) {
      setFindings([{ check: 'doctor', ok: false, fault: errorCode(error), message: errorText(error), fix: 'Reload the page' }])
    }
  }, [store])
  const relays = peers.flatMap(({ role, id, state, errorCode: code }) => (role === 'relay' ? [`${id} ${state} ${code}`] : [])).join()
  useEffect(() => void run(), [run, relays])
  return (
    <section className="panel-section">
      <div className="section-head">
        <h3>Check-up</h3>
        <button type="button" className="button-small" data-testid={TEST_IDS.doctorRun} onClick={() => void run()}>
          Check again
        </button>
      </div>
      <ul className="plain-list" aria-live="polite">
        {findings?.map(({ check, ok, message, fix }, i) => (
          <li key={`${check}-${i}`} className="finding" data-testid={TEST_IDS.doctorFinding} data-ok={ok}>
            <span className={ok ? 'mark mark-ok' : 'mark mark-bad'} aria-label={ok ? 'fine' : 'fault'}>
              {ok ? '✓' : '!'}
            </span>
            <span>
              {message}
              {fix === '' ? null : <span className="fix">{fix}</span>}
            </span>
          </li>
        ))}
      </ul>
      {findings === undefined ? <p className="hint">Checking…</p> : null}
    </section>
  )
}
