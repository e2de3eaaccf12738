import { type ReactNode, useEffect, useRef } from 'react'

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
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <aside
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
