import { type RefObject, useEffect } from 'react'

/** Keys that work anywhere on the page: `/` goes to the filter, `a` adds a document. */
export function usePageKeys({ filterInput, onAdd }: { readonly filterInput: RefObject<HTMLInputElement | null>; readonly onAdd: () => void }): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector('dialog[open]') !== null) return
      if (event.key === '/') {
        event.preventDefault()
        filterInput.current?.focus()
      } else if (event.key === 'a') {
        event.preventDefault()
        onAdd()
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [filterInput, onAdd])
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}
