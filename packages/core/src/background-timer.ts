/** Does some work later. A process that has nothing else to do does not wait for it. */
export function backgroundTimer(work: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(work, ms)
  // A number in browsers.
  const started: unknown = timer
  if (typeof started === 'object' && started !== null && 'unref' in started && typeof started.unref === 'function') started.unref()
  return timer
}
