import type { Docstore, NamespaceInfo } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'
import { rulesOf } from './settings/rules-text.ts'
import { type HeadConflictFields, settleHead, standingFields } from './settle-head.ts'

const NAMES: Readonly<Record<keyof HeadConflictFields, string>> = {
  name: 'name',
  description: 'description',
  next: 'namespace that takes its place',
  listed: 'listed',
  history: 'days of earlier versions',
  collections: 'rules of its collections',
}

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
  const fields = Object.keys(conflict).filter((field) => field in NAMES) as (keyof HeadConflictFields)[]
  const kept = standingFields(info, conflict)
  return (
    <div className="notice" data-testid={TEST_IDS.headConflict}>
      <div>
        <p>Another device of yours changed this meanwhile, and what it set stands:</p>
        <ul>
          {fields.map((field) => (
            <li key={field}>
              {NAMES[field]}: <MarkedText text={shown(kept[field])} />; here it was <MarkedText text={shown(conflict[field])} />
            </li>
          ))}
        </ul>
      </div>
      <div className="actions">
        <button type="button" className="button-small" onClick={() => void set(conflict)}>
          Take what it was here
        </button>
        <button type="button" className="button-small" onClick={() => void set(kept)}>
          Leave it
        </button>
      </div>
      {error === undefined ? null : <p role="alert">{error}</p>}
    </div>
  )
}

/** Longest text of rules that is shown. */
const MAX_RULES_LENGTH = 300

function shown(value: HeadConflictFields[keyof HeadConflictFields]): string {
  if (typeof value === 'object' && value !== null) {
    const text = JSON.stringify(rulesOf(value))
    return text.length > MAX_RULES_LENGTH ? `${text.slice(0, MAX_RULES_LENGTH)}…` : text
  }
  if (typeof value === 'string') return `“${value}”`
  if (typeof value === 'number') return String(value)
  return value === true ? 'yes' : value === false ? 'no' : 'nothing'
}
