import { expect, it } from 'vitest'
import type { Outbox } from '../connection/outbox.ts'
import { Subscription } from './subscription.ts'

it('keeps so much for a client until its stored events are sent, however many subscriptions it has', () => {
  const outbox = { held: 0 } as Outbox
  const all = Array.from({ length: 100 }, (_, i) => {
    const giveUp = (): void => undefined
    return new Subscription({ id: `${i}`, filters: [{}], values: 1, outbox, keys: new Set(), giveUp })
  })
  const body = Buffer.alloc(100_000)
  const kept = all.map((one) => Array.from({ length: 100 }, (_, i) => one.hold(`${i}`, body)).filter(Boolean).length)
  expect(kept.slice(0, 2)).toEqual([41, 0])
  expect(outbox.held).toBeLessThanOrEqual(4 * 1024 * 1024)
  const [first] = all
  first?.forget('0')
  expect(outbox.held).toBe(4_000_000)
  expect(first?.release().length).toBe(40)
  expect([outbox.held, first?.isWaiting]).toEqual([0, false])
})
