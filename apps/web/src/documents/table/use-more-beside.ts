import { type RefObject, useEffect } from 'react'

/**
 * Marks an element that scrolls sideways with `data-more` while something of it is out of sight at its end: browsers that show their
 * scroll bars only while one scrolls do not tell. Looks again when `contents` change.
 */
export function useMoreBeside(scroller: RefObject<HTMLElement | null>, contents: readonly unknown[]): void {
  useEffect(() => {
    const element = scroller.current
    if (element === null) return undefined
    const look = (): void => {
      // Sizes are fractions where pages are zoomed.
      element.toggleAttribute('data-more', element.scrollLeft + element.clientWidth < element.scrollWidth - 1)
    }
    look()
    const resizing = new ResizeObserver(look)
    resizing.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      resizing.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [scroller, ...contents])
}
