import { type ReactNode, useState } from 'react'
import type { Opener } from '../store/opener.ts'
import { TEST_IDS } from '../test-ids.ts'
import { PassphraseField } from './passphrase-field.tsx'

/** Asks for the passphrase that locks what signs in this browser, and opens the documents with it. */
export function UnlockForm({ opener, isWrong }: { readonly opener: Opener /** Whether one was tried. */; readonly isWrong: boolean }): ReactNode {
  const [passphrase, setPassphrase] = useState('')
  return (
    <form
      className="settings-form"
      data-testid={TEST_IDS.unlock}
      onSubmit={(event) => {
        event.preventDefault()
        void opener.open({ passphrase })
      }}
    >
      <PassphraseField label="Passphrase" value={passphrase} testId={TEST_IDS.unlockPassphrase} isNew={false} onChange={setPassphrase} />
      {isWrong ? (
        <p className="error" role="alert">
          This is not the passphrase. Try it again.
        </p>
      ) : null}
      <button type="submit" className="button-primary" data-testid={TEST_IDS.unlockSubmit} disabled={passphrase === ''}>
        Open
      </button>
    </form>
  )
}
