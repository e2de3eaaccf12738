import { type ReactNode, useEffect, useRef, useState } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from './marked-text.tsx'
import { useFocusReturn } from './use-focus-return.ts'

/** A message, and perhaps one thing to do about it. */
export interface ToastContent {
  readonly text: string
  readonly kind?: 'fact' | 'error'
  /** A later message of the same topic takes the place of this one. */
  readonly topic?: string
  readonly action?: { readonly label: string; readonly run: () => void; readonly standsMs?: number }
}

/** How long a message stands where nothing else is said, milliseconds. */
const STANDS_MS = 5000

/** One message. It waits while the pointer or the focus is on it. */
export function Toast({ toast, onGone }: { readonly toast: ToastContent; readonly onGone: () => void }): ReactNode {
  const { text, kind = 'fact', action } = toast
  const [isHeld, setHeld] = useState(false)
  const element = useRef<HTMLDivElement>(null)
  useFocusReturn(element)
  useEffect(() => {
    if (isHeld) return undefined
    const timer = setTimeout(onGone, action?.standsMs ?? STANDS_MS)
    return () => clearTimeout(timer)
  }, [isHeld, action, onGone])
  return (
    <div
      ref={element}
      className={`toast toast-${kind}`}
      data-testid={TEST_IDS.toast}
      role={kind === 'error' ? 'alert' : undefined}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span>
        <MarkedText text={text} />
      </span>
      {action === undefined ? null : (
        <button
          type="button"
          className="toast-action"
          data-testid={TEST_IDS.toastAction}
          onClick={() => {
            action.run()
            onGone()
          }}
        >
          {action.label}
        </button>
      )}
      <button type="button" className="toast-close" aria-label="Dismiss" onClick={onGone}>
        ×
      </button>
    </div>
  )
}
