import { expect, it } from 'vitest'
import { onWake } from './wake-events.ts'

it('wakes when the machine is online again and when the page is looked at, until it is told to stop', () => {
  let woken = 0
  const stop = onWake(() => woken++)
  window.dispatchEvent(new Event('online'))
  expect(woken).toBe(1)
  let state: DocumentVisibilityState = 'hidden'
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state })
  try {
    document.dispatchEvent(new Event('visibilitychange'))
    expect(woken).toBe(1)
    state = 'visible'
    document.dispatchEvent(new Event('visibilitychange'))
    expect(woken).toBe(2)
    stop()
    window.dispatchEvent(new Event('online'))
    document.dispatchEvent(new Event('visibilitychange'))
    expect(woken).toBe(2)
  } finally {
    Reflect.deleteProperty(document, 'visibilityState')
  }
})
