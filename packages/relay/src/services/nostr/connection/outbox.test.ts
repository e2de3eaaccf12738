import type { Duplex } from 'node:stream'
import { expect, it } from 'vitest'
import type { TextSocket } from '../../../text-socket.ts'
import { Outbox } from './outbox.ts'

it('knows who reads slowly from who does not read', () => {
  const sent: (() => void)[] = []
  const socket = { OPEN: 1, readyState: 1, once: () => undefined, send: (_frame: string, _options: object, done: () => void) => void sent.push(done) }
  const outbox = new Outbox(socket as unknown as TextSocket, { cork: () => undefined, uncork: () => undefined } as unknown as Duplex)
  const take = (): void => sent.shift()?.()
  outbox.send('a')
  take()
  // Nothing waited: that the system took it says nothing of the client.
  expect(outbox.movedOn()).toBe(false)
  outbox.send('b')
  take()
  expect(outbox.movedOn()).toBe(false)
  outbox.send('c')
  outbox.send('d')
  expect(outbox.movedOn()).toBe(false)
  take()
  expect([outbox.movedOn(), outbox.movedOn()]).toEqual([true, false])
})
