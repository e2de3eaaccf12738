import { type ReactNode, useEffect, useRef } from 'react'
import { useFocusReturn } from './use-focus-return.ts'

/** A panel beside the documents; over them on small screens. Escape closes it. */
export function Panel({
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
  const panel = useRef<HTMLElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  useFocusReturn(panel)
  useEffect(() => heading.current?.focus(), [])
  return (
    <aside
      ref={panel}
      className="panel"
      data-testid={testId}
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        onClose()
      }}
    >
      <header className="panel-head">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" className="button-small" data-testid={closeTestId} onClick={onClose}>
          Close
        </button>
      </header>
      {children}
    </aside>
  )
}
