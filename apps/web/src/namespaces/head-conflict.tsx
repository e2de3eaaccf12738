import type { Docstore, NamespaceInfo } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'

/** What can be set here; rules of collections are set in a program. */
type Conflict = Omit<NonNullable<NamespaceInfo['conflict']>, 'collections'>

const NAMES: Readonly<Record<keyof Conflict, string>> = {
  name: 'name',
  description: 'description',
  next: 'namespace that takes its place',
  listed: 'being listed',
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
      await (await store.namespaces.open(info.id)).set(change)
    } catch (cause) {
      setError(errorText(cause))
    }
  }
  const { name, description = null, next = null, listed = false } = info
  const now: Required<Conflict> = { name, description, next, listed }
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

function shown(value: Conflict[keyof Conflict]): string {
  return typeof value === 'string' ? `“${value}”` : value === true ? 'yes' : value === false ? 'no' : 'nothing'
}
