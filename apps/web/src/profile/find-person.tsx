import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'

/** Finds somebody by identity, by the id of the profile, by a username or a name of a domain, or by a name that is known here. */
export function FindPerson({
  store,
  error,
  onError,
  onFound,
}: {
  readonly store: Docstore
  readonly error: string | undefined
  readonly onError: (error: string | undefined) => void
  readonly onFound: (person: string) => void
}): ReactNode {
  const [who, setWho] = useState('')
  return (
    <section className="panel-section">
      <h3>Find somebody</h3>
      <form
        className="inline-field"
        onSubmit={(event) => {
          event.preventDefault()
          onError(undefined)
          store.profiles.show(who.trim()).then(
            ({ person }) => {
              setWho('')
              onFound(person)
            },
            (reason: unknown) => onError(errorText(reason)),
          )
        }}
      >
        <input
          aria-label="Identity or name"
          placeholder="@alice, alice@example.org, an id or a name"
          value={who}
          autoComplete="off"
          data-testid={TEST_IDS.profileFind}
          onChange={(event) => setWho(event.target.value)}
        />
        <button type="submit" data-testid={TEST_IDS.profileFindSubmit} disabled={who.trim() === ''}>
          Show
        </button>
      </form>
      {error === undefined ? null : (
        <p role="alert" data-testid={TEST_IDS.profileFindError}>
          {error}
        </p>
      )}
    </section>
  )
}
