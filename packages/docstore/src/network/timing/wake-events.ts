/** In a browser: calls back when the machine is online again or the page is looked at. Returns the way to stop. */
export function onWake(wake: () => void): () => void {
  if (typeof globalThis.addEventListener !== 'function' || typeof document === 'undefined') return () => undefined
  const onVisible = (): void => {
    if (document.visibilityState === 'visible') wake()
  }
  globalThis.addEventListener('online', wake)
  document.addEventListener('visibilitychange', onVisible)
  return () => {
    globalThis.removeEventListener('online', wake)
    document.removeEventListener('visibilitychange', onVisible)
  }
}
