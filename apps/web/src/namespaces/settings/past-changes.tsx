import type { Docstore, Namespace } from 'p2p-docstore'
import { type ReactNode, useCallback, useState } from 'react'
import { PersonName } from '../../people/person-name.tsx'
import { useLive } from '../../store/use-live.ts'
import { TEST_IDS } from '../../test-ids.ts'
import { MarkedText } from '../../ui/marked-text.tsx'
import { Moment } from '../../ui/moment.tsx'
import { onHeads } from './on-heads.ts'
import { roleText } from './roles.ts'

type PastChange = Awaited<ReturnType<Namespace['pastChanges']>>[number]

/** How many changes are shown at once: the newest. */
const SHOWN = 50

/** Who changed the namespace, who gave and who took which role there, and when; the newest first. */
export function PastChanges({ store, namespace }: { readonly store: Docstore; readonly namespace: Namespace }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary data-testid={TEST_IDS.pastChangesOpen}>Who changed what</summary>
      {isOpen ? <Changes store={store} namespace={namespace} /> : null}
    </details>
  )
}

function Changes({ store, namespace }: { readonly store: Docstore; readonly namespace: Namespace }): ReactNode {
  const [shown, setShown] = useState(SHOWN)
  const load = useCallback(async () => (await namespace.pastChanges()).toReversed(), [namespace])
  const subscribe = useCallback((nudge: () => void) => onHeads(store, namespace, nudge), [store, namespace])
  const { value: changes, error } = useLive(load, subscribe)
  if (error !== undefined)
    return (
      <p className="error" role="alert">
        {error}
      </p>
    )
  if (changes === undefined) return <p className="hint">Loading…</p>
  return (
    <>
      <ol className="plain-list past-changes" data-testid={TEST_IDS.pastChanges}>
        {changes.slice(0, shown).map((change, index) => (
          // Two changes can be of one moment and one person.
          <li key={changes.length - index} data-testid={TEST_IDS.pastChange} data-type={change.type} data-counts={change.counts}>
            <PersonName person={change.by} /> <ChangeText change={change} />{' '}
            <span className="hint">
              <Moment at={change.at} />
              {change.counts ? null : '; does not count: they might not do that, or may not any more'}
            </span>
          </li>
        ))}
      </ol>
      {changes.length > shown ? (
        <button type="button" className="button-small" onClick={() => setShown(shown + SHOWN)}>
          Earlier ones
        </button>
      ) : null}
    </>
  )
}

function ChangeText({ change }: { readonly change: PastChange }): ReactNode {
  switch (change.type) {
    case 'head':
      return change.changed.length === 0 ? (
        <>
          made it: “<MarkedText text={change.title} />”
        </>
      ) : (
        `changed its ${change.changed.map((field) => (field === 'title' ? 'name' : field)).join(', ')}`
      )
    case 'grant':
      return (
        <>
          gave <PersonName person={change.who} /> a role: {roleText(change)}
        </>
      )
    case 'revoke':
      return (
        <>
          took the roles of <PersonName person={change.who} /> away{change.removeAll ? ', with all that they allowed' : ''}
        </>
      )
    case 'remove':
      return `removed ${change.records === 1 ? 'a change' : `${change.records} changes`} of documents`
  }
}
