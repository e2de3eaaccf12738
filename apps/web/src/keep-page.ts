/** Lets the browser keep the page itself, so that it opens while its relay is away. Not possible on insecure origins. */
export function keepPage(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  navigator.serviceWorker.register('/service-worker.js').catch((error: unknown) => {
    console.warn('The page is not kept for later', error)
  })
}
