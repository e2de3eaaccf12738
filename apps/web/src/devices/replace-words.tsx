import type { Docstore } from 'p2p-docstore'
import { type FormEvent, type ReactNode, useState } from 'react'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { WordsField } from './words-field.tsx'

/** Puts other recovery words in the place of those that somebody has on paper, which prove who asks for it. */
export function ReplaceWords({ store, onReplaced }: { readonly store: Docstore; readonly onReplaced: () => void }): ReactNode {
  const [former, setFormer] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const replace = async (): Promise<void> => {
    setBusy(true)
    setError('')
    try {
      await store.person.rotateWords(former)
      onReplaced()
    } catch (cause) {
      setError(errorText(cause))
    }
    setBusy(false)
  }
  return (
    <form
      className="settings-form"
      data-testid={TEST_IDS.wordsReplaceForm}
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        if (!isBusy) void replace()
      }}
    >
      <p>
        For when somebody else may have read your words, or the paper is in hands that you do not trust. You get 24 others to write down; those of
        before bring nobody back from then on.
      </p>
      <WordsField label="Your 24 words of until now, in their order" value={former} testId={TEST_IDS.wordsFormer} onChange={setFormer} />
      {error === '' ? null : (
        <p className="error" role="alert" data-testid={TEST_IDS.wordsReplaceError}>
          {error}
        </p>
      )}
      <button type="submit" className="button-primary" data-testid={TEST_IDS.wordsReplaceSubmit} aria-disabled={isBusy}>
        {isBusy ? 'A moment…' : 'Make other words'}
      </button>
    </form>
  )
}
