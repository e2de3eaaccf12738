import type { Docstore } from 'p2p-docstore'
import { type FormEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { errorCode, errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { CopyField } from '../ui/copy-field.tsx'
import { MarkedText } from '../ui/marked-text.tsx'
import { QrCode } from '../ui/qr-code.tsx'
import { deviceHref } from './device-link.ts'

type Adding = Awaited<ReturnType<Docstore['person']['addDevice']>>
type Step =
  | { readonly step: 'opening' | 'link' }
  | { readonly step: 'code'; readonly label: string }
  | { readonly step: 'added'; readonly label: string }
  | { readonly step: 'ended'; readonly why: string }

/** A link that adds one device, and the code that this shows. */
export function AddDevice({
  store,
  onAdded,
  onClose,
}: {
  readonly store: Docstore
  readonly onAdded: () => void
  readonly onClose: () => void
}): ReactNode {
  const [adding, setAdding] = useState<Adding>()
  const [step, setStep] = useState<Step>({ step: 'opening' })
  const [warning, setWarning] = useState('')
  useEffect(() => {
    let isCurrent = true
    let opened: Adding | undefined
    const follow = async (): Promise<void> => {
      opened = await store.person.addDevice()
      if (!isCurrent) return opened.close()
      setAdding(opened)
      setStep({ step: 'link' })
      for await (const event of opened.events) {
        if (!isCurrent) return undefined
        setStep(event.type === 'code' ? { step: 'code', label: event.label } : { step: 'added', label: event.label })
        if (event.type === 'added') onAdded()
      }
    }
    follow().catch((error: unknown) => isCurrent && setStep({ step: 'ended', why: errorText(error) }))
    return () => {
      isCurrent = false
      // It ends by itself, too.
      opened?.close().catch(() => undefined)
    }
  }, [store, onAdded])
  const confirm = async (code: string): Promise<void> => {
    setWarning('')
    try {
      await adding?.confirm(code)
    } catch (error) {
      if (errorCode(error) !== 'wrong-check-code') return setStep({ step: 'ended', why: errorText(error) })
      setStep({ step: 'link' })
      setWarning(
        'The codes differ, so nothing was added. Perhaps it was mistyped; or somebody else opened your link before you did. Open it once more on your device, and compare again. If they differ then, close this and make another link.',
      )
    }
  }
  return (
    <div className="add-device" data-testid={TEST_IDS.addDevice} data-step={step.step}>
      {warning === '' ? null : (
        <p className="error" role="alert" data-testid={TEST_IDS.addDeviceWarning}>
          {warning}
        </p>
      )}
      {step.step === 'link' && adding !== undefined ? (
        <>
          <p className="hint">
            Open this link on the other device, or point its camera here; in a terminal, give it to <code>docstore device join</code>. It is good for
            ten minutes and one device: send it to nobody else.
          </p>
          <CopyField
            label="Link that adds a device"
            value={deviceHref(adding.link)}
            testId={TEST_IDS.deviceLink}
            copyTestId={TEST_IDS.deviceLinkCopy}
          />
          <QrCode text={deviceHref(adding.link).toUpperCase()} label="The link that adds a device, as a QR code" testId={TEST_IDS.deviceQr} />
        </>
      ) : null}
      {step.step === 'code' ? <CodeForm label={step.label} onCode={(code) => void confirm(code)} /> : null}
      {step.step === 'added' ? (
        <p role="status">
          “<MarkedText text={step.label} />” is one of your devices now.
        </p>
      ) : null}
      {step.step === 'ended' ? (
        <p className="error" role="alert">
          {step.why}
        </p>
      ) : null}
      <button type="button" className="button-small" data-testid={TEST_IDS.addDeviceClose} onClick={onClose}>
        {step.step === 'added' || step.step === 'ended' ? 'Done' : 'Cancel'}
      </button>
    </div>
  )
}

function CodeForm({ label, onCode }: { readonly label: string; readonly onCode: (code: string) => void }): ReactNode {
  const [code, setCode] = useState('')
  const input = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => {
    // It comes when the other device does: whoever types elsewhere meanwhile is left alone.
    const { activeElement } = document
    if (activeElement === document.body || input.current?.closest('.add-device')?.contains(activeElement) === true) input.current?.focus()
  }, [])
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    onCode(code)
    setCode('')
  }
  return (
    <form className="settings-form" onSubmit={submit}>
      <label className="field">
        <span>
          The six digits that “
          <MarkedText text={label} />” shows
        </span>
        <input
          ref={input}
          value={code}
          required
          inputMode="numeric"
          autoComplete="off"
          maxLength={12}
          data-testid={TEST_IDS.deviceCode}
          onChange={(event) => setCode(event.target.value)}
        />
      </label>
      <p className="hint">Type them only if that is the device in your hands.</p>
      <button type="submit" className="button-primary" data-testid={TEST_IDS.deviceCodeSubmit}>
        Add it
      </button>
    </form>
  )
}
