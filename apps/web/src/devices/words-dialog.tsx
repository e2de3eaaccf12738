import type { Docstore } from 'p2p-docstore'
import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { Dialog } from '../ui/dialog.tsx'
import { ReplaceWords } from './replace-words.tsx'

/** The 24 words to write down; then three of them are asked for, and they are on this device no more. `isReplacing`: others are made first, by those of before. */
export function WordsDialog({
  store,
  isReplacing = false,
  onClose,
}: {
  readonly store: Docstore
  readonly isReplacing?: boolean
  readonly onClose: () => void
}): ReactNode {
  const [words, setWords] = useState<readonly string[]>()
  const [step, setStep] = useState<keyof typeof TITLES>(isReplacing ? 'replace' : 'show')
  const [error, setError] = useState('')
  const isShown = step !== 'replace'
  useEffect(() => {
    if (isShown) store.person.words().then(setWords, (cause: unknown) => setError(errorText(cause)))
  }, [store, isShown])
  return (
    <Dialog title={TITLES[step]} testId={TEST_IDS.words} closeTestId={TEST_IDS.wordsClose} onClose={onClose}>
      {error === '' ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {step === 'replace' ? <ReplaceWords store={store} onReplaced={() => setStep('show')} /> : null}
      {step === 'show' && words !== undefined ? (
        <>
          <p>Write them on paper, in this order, and keep that where nobody else reads it: whoever has these words is you.</p>
          <ol className="words" data-testid={TEST_IDS.wordList}>
            {words.map((word, index) => (
              // The same word can come twice.
              <li key={index}>{word}</li>
            ))}
          </ol>
          <p className="hint">
            No one can tell them to you later. Once you have shown that you wrote them down, they are not on this device any more.
          </p>
          <div className="actions">
            <button type="button" className="button-primary" data-testid={TEST_IDS.wordsWritten} onClick={() => setStep('check')}>
              I have written them down
            </button>
          </div>
        </>
      ) : null}
      {step === 'check' ? <CheckWords store={store} onBack={() => setStep('show')} onRight={() => setStep('done')} /> : null}
      {step === 'done' ? (
        <>
          <p data-testid={TEST_IDS.wordsDone}>All three are right. The words are on your paper alone now.</p>
          <div className="actions">
            <button type="button" className="button-primary" onClick={onClose}>
              Done
            </button>
          </div>
        </>
      ) : null}
    </Dialog>
  )
}

const TITLES = { replace: 'Other recovery words', show: 'Your 24 words', check: 'Three of your words', done: 'Your words are written down' } as const

function CheckWords({ store, onBack, onRight }: { readonly store: Docstore; readonly onBack: () => void; readonly onRight: () => void }): ReactNode {
  const [places, setPlaces] = useState<readonly number[]>([])
  const [typed, setTyped] = useState<Readonly<Record<number, string>>>({})
  const [wrong, setWrong] = useState<readonly number[]>([])
  const [error, setError] = useState('')
  useEffect(() => {
    store.person.wordPlaces().then(setPlaces, (cause: unknown) => setError(errorText(cause)))
  }, [store])
  const check = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    try {
      await store.person.checkWords(typed)
      onRight()
    } catch (cause) {
      setWrong(wrongPlaces(cause))
      setError(errorText(cause))
    }
  }
  return (
    <form className="settings-form" data-testid={TEST_IDS.wordsCheck} onSubmit={(event) => void check(event)}>
      <p className="hint">Read them from your paper.</p>
      {places.map((place) => (
        <label key={place} className="field">
          <span>Word {place}</span>
          <input
            value={typed[place] ?? ''}
            required
            data-testid={TEST_IDS.wordAt}
            data-place={place}
            aria-invalid={wrong.includes(place)}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            onChange={(event) => {
              setTyped({ ...typed, [place]: event.target.value })
              setWrong(wrong.filter((one) => one !== place))
            }}
          />
        </label>
      ))}
      {error === '' ? null : (
        <p className="error" role="alert" data-testid={TEST_IDS.wordsError}>
          {error}
        </p>
      )}
      <div className="actions">
        <button type="submit" className="button-primary" data-testid={TEST_IDS.wordsSubmit}>
          Check them
        </button>
        <button type="button" data-testid={TEST_IDS.wordsBack} onClick={onBack}>
          Show the words again
        </button>
      </div>
    </form>
  )
}

/** The places that are not right, as the library says it. */
function wrongPlaces(error: unknown): readonly number[] {
  if (!(error instanceof Error) || !('details' in error) || typeof error.details !== 'object' || error.details === null) return []
  const places: unknown = Reflect.get(error.details, 'places')
  return Array.isArray(places) ? places.filter((one) => typeof one === 'number') : []
}
