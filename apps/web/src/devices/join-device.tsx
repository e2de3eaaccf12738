import type { Docstore } from 'p2p-docstore'
import { type FormEvent, type ReactNode, useState } from 'react'
import { errorCode, errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { Dialog } from '../ui/dialog.tsx'
import { deviceName } from './device-name.ts'

type Step =
  | { readonly step: 'ask' | 'reaching' | 'joined' }
  | { readonly step: 'code'; readonly code: string }
  | { readonly step: 'failed'; readonly code: string; readonly why: string }

/** Makes this browser one more device of whoever made the link. */
export function JoinDevice({ store, text, onClose }: { readonly store: Docstore; readonly text: string; readonly onClose: () => void }): ReactNode {
  const [label, setLabel] = useState(deviceName)
  const [step, setStep] = useState<Step>({ step: 'ask' })
  const join = async (): Promise<void> => {
    setStep({ step: 'reaching' })
    try {
      const { code, joined } = await store.person.joinDevice(text, { label: label.trim() })
      setStep({ step: 'code', code })
      await joined
      setStep({ step: 'joined' })
    } catch (error) {
      setStep({ step: 'failed', code: errorCode(error), why: errorText(error) })
    }
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void join()
  }
  // What was read for who used this browser before is read anew.
  const close = (): void => (step.step === 'joined' ? location.replace('/') : onClose())
  return (
    <Dialog title="Add this browser to your devices" testId={TEST_IDS.joinDevice} closeTestId={TEST_IDS.joinDeviceClose} onClose={close}>
      {step.step === 'ask' ? (
        <form className="settings-form" onSubmit={submit}>
          <p>What you write here is yours then, as on the device that made the link. Go on only if you made it yourself.</p>
          <label className="field">
            <span>What to call this browser</span>
            <input
              value={label}
              required
              maxLength={64}
              autoComplete="off"
              data-testid={TEST_IDS.joinDeviceName}
              onChange={(event) => setLabel(event.target.value)}
            />
          </label>
          <button type="submit" className="button-primary" data-testid={TEST_IDS.joinDeviceSubmit}>
            Add this browser
          </button>
        </form>
      ) : null}
      {step.step === 'reaching' ? <p role="status">Looking for your other device. Its page has to be open…</p> : null}
      {step.step === 'code' ? (
        <>
          <p role="status">Type this code on your other device:</p>
          <p className="check-code" data-testid={TEST_IDS.joinDeviceCode} data-code={step.code}>
            {step.code}
          </p>
          <p className="hint">If it asks for no code, or says that it differs, close this and begin with a new link: another device came between.</p>
        </>
      ) : null}
      {step.step === 'joined' ? (
        <>
          <p data-testid={TEST_IDS.joinDeviceDone}>This browser is one of your devices.</p>
          <div className="actions">
            <button type="button" className="button-primary" data-testid={TEST_IDS.joinDeviceGo} onClick={close}>
              Go on
            </button>
          </div>
        </>
      ) : null}
      {step.step === 'failed' ? (
        <p className="error" role="alert" data-testid={TEST_IDS.joinDeviceError} data-code={step.code}>
          {step.code === 'wrong-check-code'
            ? 'The codes differed, so nothing was added. Compare them again with a new try; if they differ once more, make a new link on the other device.'
            : step.why}
        </p>
      ) : null}
    </Dialog>
  )
}
