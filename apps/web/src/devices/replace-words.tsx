import type { Docstore } from 'p2p-docstore'
import { type FormEvent, type ReactNode, useState } from 'react'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'

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
      <label className="field">
        <span>Your 24 words of until now, in their order</span>
        <textarea
          value={former}
          required
          rows={4}
          maxLength={1000}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          data-testid={TEST_IDS.wordsFormer}
          onChange={(event) => setFormer(event.target.value)}
        />
      </label>
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
