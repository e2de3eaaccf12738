import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useCallback } from 'react'
import { PersonLink } from '../people/person-name.tsx'
import { useLive } from '../store/use-live.ts'
import { TEST_IDS } from '../test-ids.ts'

/** Those whom one follows, blocked or gave a name. */
export function PeopleList({ store }: { readonly store: Docstore }): ReactNode {
  const load = useCallback(async () => (await store.profiles.list()).filter(({ isMe }) => !isMe), [store])
  const subscribe = useCallback((nudge: () => void) => store.profiles.on('change', nudge), [store])
  const { value: people = [] } = useLive(load, subscribe)
  if (people.length === 0) return null
  return (
    <section className="panel-section">
      <h3>People you know</h3>
      <ul className="plain-list" data-testid={TEST_IDS.peopleList}>
        {people.map(({ person, isFollowed, isBlocked }) => (
          <li key={person}>
            <PersonLink person={person} />{' '}
            <span className="hint">{[isFollowed ? 'followed' : [], isBlocked ? 'blocked' : []].flat().join(', ')}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
