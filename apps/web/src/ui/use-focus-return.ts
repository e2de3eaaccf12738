import { type RefObject, useLayoutEffect } from 'react'

/**
 * Gives the focus back to where it came from when a part of the page is taken away that has it: whoever uses keys would otherwise
 * begin at the top of the page again.
 */
export function useFocusReturn(part: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = part.current
    if (element === null) return undefined
    // A window that is not in front has a focus and tells nobody that it moves.
    let before = document.activeElement
    const onFocusIn = ({ relatedTarget }: FocusEvent): void => {
      if (relatedTarget instanceof HTMLElement && !element.contains(relatedTarget)) before = relatedTarget
    }
    element.addEventListener('focusin', onFocusIn)
    // Clean-up of layout effects comes before the element goes, so it still has the focus.
    return () => {
      element.removeEventListener('focusin', onFocusIn)
      if (element.contains(document.activeElement) && before instanceof HTMLElement) before.focus()
    }
  }, [part])
}
