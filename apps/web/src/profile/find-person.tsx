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
  const [isBusy, setBusy] = useState(false)
  const find = async (): Promise<void> => {
    setBusy(true)
    onError(undefined)
    try {
      const { person } = await store.profiles.show(who.trim())
      setWho('')
      onFound(person)
    } catch (reason) {
      onError(errorText(reason))
    }
    setBusy(false)
  }
  return (
    <section className="panel-section">
      <h3>Find somebody</h3>
      <form
        className="inline-field"
        onSubmit={(event) => {
          event.preventDefault()
          if (!isBusy) void find()
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
      {isBusy ? (
        <p className="hint" role="status">
          Asking the relays…
        </p>
      ) : null}
      {error === undefined ? null : (
        <p role="alert" data-testid={TEST_IDS.profileFindError}>
          {error}
        </p>
      )}
    </section>
  )
}
