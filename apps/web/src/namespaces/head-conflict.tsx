import type { Docstore, NamespaceInfo } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'
import { rulesChange, rulesOf } from './settings/rules-text.ts'

type Conflict = NonNullable<NamespaceInfo['conflict']>

const NAMES: Readonly<Record<keyof Conflict, string>> = {
  name: 'name',
  description: 'description',
  next: 'namespace that takes its place',
  listed: 'being listed',
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
  readonly conflict: Conflict
}): ReactNode {
  const [error, setError] = useState<string>()
  const set = async (change: Conflict): Promise<void> => {
    try {
      const namespace = await store.namespaces.open(info.id)
      const { collections, ...facts } = change
      if (Object.keys(facts).length > 0) await namespace.set(facts)
      // Of what is set for collections, rules alone can be changed.
      if (collections !== undefined) await namespace.setRules(rulesChange(rulesOf(info.collections), rulesOf(collections)))
    } catch (cause) {
      setError(errorText(cause))
    }
  }
  const { name, description = null, next = null, listed = false, history = null, collections = null } = info
  const now: Required<Conflict> = { name, description, next, listed, history, collections }
  const fields = Object.keys(conflict).filter((field) => field in NAMES) as (keyof Conflict)[]
  const kept = Object.fromEntries(fields.map((field) => [field, now[field]])) as Conflict
  return (
    <div className="notice" data-testid={TEST_IDS.headConflict}>
      <p>
        Another device of yours changed the {fields.map((field) => NAMES[field]).join(' and the ')} meanwhile, and that one stands. Here it was{' '}
        <strong>
          <MarkedText text={fields.map((field) => shown(conflict[field])).join(', ')} />
        </strong>
        .
      </p>
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

function shown(value: Conflict[keyof Conflict]): string {
  if (typeof value === 'object' && value !== null) {
    const text = JSON.stringify(rulesOf(value))
    return text.length > MAX_RULES_LENGTH ? `${text.slice(0, MAX_RULES_LENGTH)}…` : text
  }
  return typeof value === 'string'
    ? `“${value}”`
    : typeof value === 'number'
      ? String(value)
      : value === true
        ? 'yes'
        : value === false
          ? 'no'
          : 'nothing'
}
