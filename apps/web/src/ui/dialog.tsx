import { type ReactNode, useLayoutEffect, useRef } from 'react'
import { isBeside } from './is-beside.ts'

/** A dialog over the page. Escape, a click beside it and its button close it; the focus begins at its title, also where that changes, and goes back to where it was. */
export function Dialog({
  title,
  testId,
  closeTestId,
  onClose,
  children,
}: {
  readonly title: string
  readonly testId: string
  readonly closeTestId: string
  readonly onClose: () => void
  readonly children: ReactNode
}): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const wasPressedBeside = useRef(false)
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    // It gives the focus back, which nothing around a dialog can take while it is open.
    return () => element?.close()
  }, [])
  useLayoutEffect(() => heading.current?.focus(), [title])
  return (
    <dialog
      ref={dialog}
      className="editor"
      data-testid={testId}
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        event.stopPropagation()
        onClose()
      }}
      onClose={onClose}
      // A selection of text may end beside the dialog without having begun there.
      onPointerDown={(event) => {
        wasPressedBeside.current = isBeside(event, dialog.current)
      }}
      onClick={(event) => {
        if (wasPressedBeside.current && isBeside(event, dialog.current)) onClose()
      }}
    >
      <div className="dialog-body">
        <header className="section-head">
          <h2 ref={heading} tabIndex={-1}>
            {title}
          </h2>
          <button type="button" className="button-small" data-testid={closeTestId} onClick={onClose}>
            Close
          </button>
        </header>
        {children}
      </div>
    </dialog>
  )
}
