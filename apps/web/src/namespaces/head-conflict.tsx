import type { Docstore, NamespaceInfo } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'
import { conflictLines, type HeadConflictFields, settleHead, standingFields } from './settle-head.ts'

/** Says that two devices of the owner have set the same, and lets them choose. */
export function HeadConflict({
  store,
  info,
  conflict,
}: {
  readonly store: Docstore
  readonly info: NamespaceInfo
  readonly conflict: HeadConflictFields
}): ReactNode {
  const [error, setError] = useState<string>()
  const set = async (fields: HeadConflictFields): Promise<void> => {
    try {
      await settleHead(store, info, fields)
    } catch (cause) {
      setError(errorText(cause))
    }
  }
  return (
    <div className="notice" data-testid={TEST_IDS.headConflict}>
      <div>
        <p>Another device of yours changed this meanwhile, and what it set stands:</p>
        <ul>
          {conflictLines(info, conflict).map((line) => (
            <li key={line}>
              <MarkedText text={line} />
            </li>
          ))}
        </ul>
      </div>
      <div className="actions">
        <button type="button" className="button-small" onClick={() => void set(conflict)}>
          Take what it was here
        </button>
        <button type="button" className="button-small" onClick={() => void set(standingFields(info, conflict))}>
          Leave it
        </button>
      </div>
      {error === undefined ? null : <p role="alert">{error}</p>}
    </div>
  )
}
