import type { Document } from 'p2p-docstore'
import { type FocusEvent, type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react'

/** The row of a table at which Tab stops. */
export interface ActiveRow {
  readonly index: number
  readonly focus: (index: number) => void
  /** The next documents are another page, which begins at its first row. */
  readonly onPaging: () => void
  readonly onRowFocus: (id: string) => void
  /** For the element that has the rows in it. */
  readonly onFocus: () => void
  readonly onBlur: (event: FocusEvent<HTMLElement>) => void
}

/**
 * Keeps a row active, and the focus in the table where the row that had it goes: because of another page, or because somebody deleted
 * its document. What follows is the row at its place, or the button of a list that has become empty.
 */
export function useActiveRow(documents: readonly Document[], scroller: RefObject<HTMLElement | null>): ActiveRow {
  const [active, setActive] = useState<{ readonly id: string | undefined; readonly index: number }>({ id: undefined, index: 0 })
  const hadFocus = useRef(false)
  const found = documents.findIndex(({ _id }) => _id === active.id)
  const index = found === -1 ? Math.max(0, Math.min(active.index, documents.length - 1)) : found
  useLayoutEffect(() => {
    if (!hadFocus.current || document.activeElement !== document.body) return
    hadFocus.current = false
    scroller.current?.querySelector<HTMLElement>('tbody tr[tabindex="0"], .empty button')?.focus()
  }, [documents, scroller])
  const onRowFocus = useCallback((id: string) => setActive({ id, index: documents.findIndex(({ _id }) => _id === id) }), [documents])
  const focus = useCallback(
    (to: number) => {
      const target = documents[Math.max(0, Math.min(to, documents.length - 1))]
      if (target !== undefined) scroller.current?.querySelector<HTMLElement>(`tr[data-id="${CSS.escape(target._id)}"]`)?.focus()
    },
    [documents, scroller],
  )
  const onPaging = useCallback(() => setActive({ id: undefined, index: 0 }), [])
  const onFocus = useCallback(() => {
    hadFocus.current = true
  }, [])
  const onBlur = useCallback(({ currentTarget }: FocusEvent<HTMLElement>) => {
    // The focus of a window that is not in front stays where it was.
    hadFocus.current = currentTarget.contains(document.activeElement)
  }, [])
  return { index, focus, onPaging, onRowFocus, onFocus, onBlur }
}
