import type { Docstore } from 'p2p-docstore'
import { changePassphraseOf, hasPassphrase } from 'p2p-docstore/people'
import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { errorCode, errorText } from '../store/error-text.ts'
import { useNetworks } from '../store/networks-context.ts'
import { TEST_IDS } from '../test-ids.ts'
import { PassphraseField } from './passphrase-field.tsx'

type Wish = 'set' | 'change' | 'remove'

/** Whether a passphrase locks what signs for one in this browser, and the ways to set it, to change it and to do without. */
export function PassphraseSection({ store }: { readonly store: Docstore }): ReactNode {
  const [isLocked, setLocked] = useState<boolean>()
  const [wish, setWish] = useState<Wish>()
  const [said, setSaid] = useState('')
  const { keepPassphrase } = useNetworks()
  useEffect(() => {
    hasPassphrase(store).then(setLocked, (error: unknown) => setSaid(errorText(error)))
  }, [store])
  if (isLocked === undefined) return <p className="hint">{said}</p>
  const done = (done: Wish, passphrase: string | undefined): void => {
    keepPassphrase(passphrase)
    setLocked(passphrase !== undefined)
    setWish(undefined)
    setSaid(SAID[done])
  }
  const ask = (next: Wish): void => {
    setWish(wish === next ? undefined : next)
    setSaid('')
  }
  return (
    <div className="passphrase" data-testid={TEST_IDS.passphrase} data-locked={isLocked}>
      <p className="hint">
        {isLocked
          ? 'A passphrase locks this browser: it is asked for when the page is opened and no tab of it is open.'
          : 'Whoever can use this browser can write in your name. A passphrase locks it.'}
      </p>
      <div className="actions">
        {isLocked ? (
          <>
            <WishButton wish="change" asked={wish} onAsk={ask} text="Change the passphrase" />
            <WishButton wish="remove" asked={wish} onAsk={ask} text="Remove it" />
          </>
        ) : (
          <WishButton wish="set" asked={wish} onAsk={ask} text="Set a passphrase" />
        )}
      </div>
      {wish === undefined ? null : <PassphraseForm key={wish} store={store} wish={wish} onDone={(passphrase) => done(wish, passphrase)} />}
      <p className="hint" role="status" data-testid={TEST_IDS.passphraseSaid}>
        {said}
      </p>
    </div>
  )
}

function WishButton({
  wish,
  asked,
  text,
  onAsk,
}: {
  readonly wish: Wish
  readonly asked: Wish | undefined
  readonly text: string
  readonly onAsk: (wish: Wish) => void
}): ReactNode {
  return (
    <button
      type="button"
      className="button-small"
      data-testid={TEST_IDS.passphraseWish}
      data-wish={wish}
      aria-expanded={asked === wish}
      onClick={() => onAsk(wish)}
    >
      {text}
    </button>
  )
}

const SAID: Readonly<Record<Wish, string>> = {
  set: 'Set. The page asks for it the next time it is opened. Nobody can tell it to you if you forget it.',
  change: 'Changed. The one of before opens nothing any more.',
  remove: 'Removed. The page opens without one.',
}

function PassphraseForm({
  store,
  wish,
  onDone,
}: {
  readonly store: Docstore
  readonly wish: Wish
  readonly onDone: (passphrase: string | undefined) => void
}): ReactNode {
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [again, setAgain] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const change = async (): Promise<void> => {
    setBusy(true)
    setError('')
    try {
      const passphrase = wish === 'remove' ? undefined : next
      await changePassphraseOf(store, { current: wish === 'set' ? undefined : current, next: passphrase })
      return onDone(passphrase)
    } catch (cause) {
      setError(errorCode(cause) === 'wrong-passphrase' ? 'This is not the passphrase that locks it now. Nothing was changed.' : errorText(cause))
    }
    setBusy(false)
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (wish !== 'remove' && next !== again) setError('The two are not the same. Nothing was changed.')
    else if (!isBusy) void change()
  }
  return (
    <form className="settings-form" data-testid={TEST_IDS.passphraseForm} onSubmit={submit}>
      {wish === 'set' ? null : (
        <PassphraseField label="Passphrase now" value={current} testId={TEST_IDS.passphraseCurrent} isNew={false} onChange={setCurrent} />
      )}
      {wish === 'remove' ? null : (
        <>
          <PassphraseField label="New passphrase" value={next} testId={TEST_IDS.passphraseNext} isNew onChange={setNext} />
          <PassphraseField label="The same again" value={again} testId={TEST_IDS.passphraseAgain} isNew onChange={setAgain} />
        </>
      )}
      <div className="actions">
        <button type="submit" className="button-primary" data-testid={TEST_IDS.passphraseSave} disabled={isBusy}>
          {isBusy ? 'A moment…' : wish === 'remove' ? 'Remove the passphrase' : 'Lock this browser'}
        </button>
      </div>
      {error === '' ? null : (
        <p className="error" role="alert" data-testid={TEST_IDS.passphraseError}>
          {error}
        </p>
      )}
    </form>
  )
}
