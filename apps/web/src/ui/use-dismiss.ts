import { type RefObject, useEffect, useRef } from 'react'

/** What does something of its own when it is clicked. */
const CONTROLS = 'a, button, input, label, select, summary, textarea'
/** What a thing that has popped up belongs to as well: the button that opened it. */
const OPENER = '[aria-expanded="true"]'

/**
 * Closes what has popped up: by Escape, by a click outside, and when the focus or the address goes elsewhere. A click outside on a control
 * does what it is for, too; any other does nothing but close, so that what lies there is not opened. `returnFocus` gives the focus back
 * where it would get lost.
 */
export function useDismiss({
  isOpen,
  part,
  onDismiss,
  returnFocus,
}: {
  readonly isOpen: boolean
  readonly part: RefObject<HTMLElement | null>
  readonly onDismiss: () => void
  readonly returnFocus?: () => void
}): void {
  const actions = useRef({ onDismiss, returnFocus })
  useEffect(() => {
    actions.current = { onDismiss, returnFocus }
  })
  useEffect(() => {
    if (!isOpen) return undefined
    const listening = new AbortController()
    const options = { capture: true, signal: listening.signal }
    // The focus moves before the click comes, and the click is what counts then.
    let isPressed = false
    const isOutside = (target: EventTarget | null): target is Element =>
      target instanceof Element && part.current?.contains(target) === false && target.closest(OPENER) === null
    const close = ({ isKeptFocus }: { readonly isKeptFocus: boolean }): void => {
      actions.current.onDismiss()
      if (isKeptFocus) actions.current.returnFocus?.()
    }
    document.addEventListener(
      'keydown',
      (event) => {
        if (event.key !== 'Escape' || document.querySelector('dialog[open]') !== null) return
        event.preventDefault()
        event.stopPropagation()
        close({ isKeptFocus: true })
      },
      options,
    )
    document.addEventListener(
      'pointerdown',
      ({ target }) => {
        isPressed = isOutside(target)
      },
      options,
    )
    document.addEventListener(
      'click',
      (event) => {
        isPressed = false
        if (!isOutside(event.target)) return
        const isForControl = event.target.closest(CONTROLS) !== null
        if (!isForControl) {
          event.preventDefault()
          event.stopPropagation()
        }
        close({ isKeptFocus: !isForControl })
      },
      options,
    )
    document.addEventListener(
      'focusin',
      ({ target }) => {
        if (!isPressed && isOutside(target)) close({ isKeptFocus: false })
      },
      options,
    )
    globalThis.addEventListener('hashchange', () => close({ isKeptFocus: false }), { signal: listening.signal })
    return () => listening.abort()
  }, [isOpen, part])
}
