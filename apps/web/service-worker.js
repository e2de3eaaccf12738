// Keeps the built page in the browser, so that it opens while its relay is away. Documents are none of its business.
// The build fills in the two values.
const VERSION = '__VERSION__'
const CACHE = `page-${VERSION}`
const FILES = '__FILES__'

/** How long the relay may take to answer before the kept page is shown, milliseconds. */
const PATIENCE_MS = 1500

addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      .then(() => skipWaiting()),
  )
})

addEventListener('activate', (event) => {
  event.waitUntil(
    // The version before stays: a tab that was opened with it may need its worker only when it takes over from another tab.
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names
            .filter((name) => name !== CACHE)
            .slice(0, -1)
            .map((name) => caches.delete(name)),
        ),
      )
      .then(() => clients.claim()),
  )
})

addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  // The page is what join links lead to, too.
  if (request.mode === 'navigate' && /^\/(j\/.*)?$/i.test(url.pathname)) event.respondWith(newestPage(request))
  else if (FILES.includes(url.pathname) || url.pathname.startsWith('/assets/')) event.respondWith(keptFile(request))
})

/** The relay's page if it answers soon: it may be newer than ours. */
async function newestPage(request) {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) })
    if (response.ok) return response
  } catch {
    // The relay is away, or slow.
  }
  return (await caches.match('/', { cacheName: CACHE })) ?? Response.error()
}

/** Built files carry a hash in their names: what is kept is what would be sent, of whichever version it is. */
async function keptFile(request) {
  return (await caches.match(request.url, { cacheName: CACHE })) ?? (await caches.match(request.url)) ?? fetch(request)
}
