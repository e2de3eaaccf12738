import type { Docstore, Present } from 'p2p-docstore'
import { type ReactNode, useEffect, useState } from 'react'
import { PersonLink } from '../people/person-name.tsx'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'

/** Who looks at a namespace now, for who lets others see that they do. Off until it is switched on, and off again with the next look. */
export function WhoIsHere({ store, place }: { readonly store: Docstore; readonly place: string }): ReactNode {
  const [isOn, setOn] = useState(false)
  const { present, error } = usePresence(store, place, isOn)
  return (
    <div className="who-is-here" data-testid={TEST_IDS.presence} data-on={isOn}>
      <button
        type="button"
        className="button-small"
        aria-pressed={isOn}
        title="Others who do the same see you as long as it is on. Nothing of it is kept."
        data-testid={TEST_IDS.presenceSwitch}
        onClick={() => setOn(!isOn)}
      >
        Who is here?
      </button>
      {error === undefined ? null : <p role="alert">{error}</p>}
      {isOn && error === undefined ? (
        <ul className="present-list" aria-label="Who is here" data-testid={TEST_IDS.presentList}>
          {present.map(({ who, device, isMe, note, claims }) => (
            <li key={device} data-testid={TEST_IDS.present} data-who={who} data-me={isMe}>
              <PersonLink person={who} />
              {note === undefined ? null : (
                <span className="hint">
                  : <MarkedText text={note} />
                </span>
              )}
              {claims === undefined ? null : <span className="hint"> (a device; whose is not known here yet)</span>}
            </li>
          ))}
          {present.every(({ isMe }) => isMe) ? <li className="hint">nobody else</li> : null}
        </ul>
      ) : null}
    </div>
  )
}

const NOBODY: readonly Present[] = []

/** Enters the place and looks at it while it is on. */
function usePresence(store: Docstore, place: string, isOn: boolean): { readonly present: readonly Present[]; readonly error: string | undefined } {
  const [present, setPresent] = useState(NOBODY)
  const [error, setError] = useState<string>()
  useEffect(() => {
    if (!isOn) return
    const gone = new AbortController()
    const work = async (): Promise<void> => {
      await using stay = await store.presence.enter(place)
      void stay
      for await (const list of store.presence.watch(place, { signal: gone.signal })) setPresent(list)
    }
    work().catch((cause: unknown) => gone.signal.aborted || setError(errorText(cause)))
    return () => {
      gone.abort()
      setPresent(NOBODY)
      setError(undefined)
    }
  }, [store, place, isOn])
  return { present, error }
}
