import { type ReactNode, useLayoutEffect, useRef, useSyncExternalStore } from 'react'
import { useDismiss } from './use-dismiss.ts'
import { useFocusReturn } from './use-focus-return.ts'

/** Screens on which a panel lies over the documents; the same as in the styles. */
const OVER = '(max-width: 1000px)'

/** A panel beside the documents; over them on small screens, where it goes when one turns to something else. Escape closes it. */
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
  useDismiss({ isOpen: useIsOver(), part: panel, onDismiss: onClose })
  useLayoutEffect(() => heading.current?.focus(), [])
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

function useIsOver(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(OVER)
      query.addEventListener('change', listener)
      return () => query.removeEventListener('change', listener)
    },
    () => matchMedia(OVER).matches,
  )
}
