import type { Docstore } from 'p2p-docstore'
import { type FormEvent, type ReactNode, useState } from 'react'
import { errorCode, errorText } from '../store/error-text.ts'
import { rememberNamespace } from '../store/remembered.ts'
import { TEST_IDS } from '../test-ids.ts'
import { Dialog } from '../ui/dialog.tsx'
import { numberText } from '../ui/numbers.ts'
import { deviceName } from './device-name.ts'
import { WordsField } from './words-field.tsx'

type Step =
  | { readonly step: 'ask' | 'looking' }
  | { readonly step: 'found'; readonly namespaces: number }
  | { readonly step: 'failed'; readonly code: string; readonly why: string }

/** Brings somebody back whose devices are lost, by the words that they wrote down. */
export function RestoreDialog({ store, onClose }: { readonly store: Docstore; readonly onClose: () => void }): ReactNode {
  const [words, setWords] = useState('')
  const [person, setPerson] = useState('')
  const [isAsked, setIsAsked] = useState(false)
  const [step, setStep] = useState<Step>({ step: 'ask' })
  const restore = async (): Promise<void> => {
    setStep({ step: 'looking' })
    try {
      const { namespaces } = await store.person.restore(words, { label: deviceName(), ...(person === '' ? {} : { person: person.trim() }) })
      for (const id of namespaces) rememberNamespace(store.info.network.id, id)
      setWords('')
      setStep({ step: 'found', namespaces: namespaces.length })
    } catch (error) {
      if (errorCode(error) === 'several-persons') setIsAsked(true)
      setStep({ step: 'failed', code: errorCode(error), why: errorText(error) })
    }
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (step.step !== 'looking') void restore()
  }
  const close = (): void => (step.step === 'found' ? location.replace('/') : onClose())
  return (
    <Dialog title="I have my 24 words" testId={TEST_IDS.restore} closeTestId={TEST_IDS.restoreClose} onClose={close}>
      {step.step === 'found' ? (
        <>
          <p data-testid={TEST_IDS.restoreFound} data-namespaces={step.namespaces}>
            Welcome back. {step.namespaces === 1 ? 'One namespace of yours is' : `${numberText(step.namespaces)} namespaces of yours are`} on the way
            here.
          </p>
          <div className="actions">
            <button type="button" className="button-primary" data-testid={TEST_IDS.restoreGo} onClick={close}>
              Show my documents
            </button>
          </div>
        </>
      ) : (
        <form className="settings-form" onSubmit={submit}>
          <WordsField label="Your 24 words, in their order" value={words} testId={TEST_IDS.restoreWords} onChange={setWords} />
          {isAsked ? (
            <label className="field">
              <span>Your id</span>
              <input
                value={person}
                autoComplete="off"
                spellCheck={false}
                placeholder="bafyrei…"
                data-testid={TEST_IDS.restorePerson}
                onChange={(event) => setPerson(event.target.value)}
              />
            </label>
          ) : null}
          {step.step === 'failed' ? (
            <p className="error" role="alert" data-testid={TEST_IDS.restoreError} data-code={step.code}>
              {step.why}
            </p>
          ) : null}
          {step.step === 'looking' ? <p role="status">Asking the relays who you are…</p> : null}
          <button type="submit" className="button-primary" data-testid={TEST_IDS.restoreSubmit} disabled={step.step === 'looking'}>
            Bring me back
          </button>
        </form>
      )}
    </Dialog>
  )
}
