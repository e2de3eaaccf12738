import { type RefObject, useEffect } from 'react'

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]'

/**
 * Keeps the focus near where it was when that goes which has it, or cannot have it for a moment: whoever uses keys would begin at the top of the page
 * again. Whatever gives the focus elsewhere by itself wins.
 */
export function useFocusKept(root: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = root.current
    if (element === null) return undefined
    // What had the focus last, and all that it lay in, the innermost first.
    let path: readonly Element[] = []
    const isLost = (): boolean => document.activeElement === document.body || document.activeElement === null
    const onFocusIn = ({ target }: FocusEvent): void => {
      path = target instanceof Element ? pathOf(target, element) : []
    }
    // A click beside everything takes the focus away on purpose. What is removed, or disabled, tells the same at first.
    const onFocusOut = (): void =>
      queueMicrotask(() => {
        if (isLost() && path[0]?.isConnected === true && !path[0].matches(':disabled')) path = []
      })
    const observer = new MutationObserver(() => {
      const [last, ...around] = path
      if (last === undefined || !isLost() || (last.isConnected && last.matches(':disabled'))) return
      const near = last.isConnected ? last : around.filter((one) => one.isConnected).flatMap((one) => focusableIn(one) ?? [])[0]
      if (near instanceof HTMLElement) near.focus({ preventScroll: true })
    })
    observer.observe(element, { subtree: true, childList: true, attributeFilter: ['disabled'] })
    element.addEventListener('focusin', onFocusIn)
    element.addEventListener('focusout', onFocusOut)
    return () => {
      observer.disconnect()
      element.removeEventListener('focusin', onFocusIn)
      element.removeEventListener('focusout', onFocusOut)
    }
  }, [root])
}

function pathOf(target: Element, root: Element): readonly Element[] {
  const path: Element[] = []
  for (let one: Element | null = target; one !== null && root.contains(one); one = one.parentElement) path.push(one)
  return path
}

function focusableIn(part: Element): Element | undefined {
  return [...part.querySelectorAll(FOCUSABLE)].find((one) => !one.matches(':disabled') && one.checkVisibility())
}
