import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { WebSocketSwitch } from './web-socket-switch.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A server whose sockets go through a switch, and what became of them, in order. */
async function start({ isFull = false, accepts = true } = {}) {
  const happened: string[] = []
  const door = {
    arrive: () => happened.push('arrive') > 0 && !isFull,
    leave: () => void happened.push('leave'),
    upgrade: () => void happened.push('upgrade'),
    adopt: (socket: WebSocket) => {
      happened.push('adopt')
      socket.on('message', (data: ArrayBuffer) => happened.push(`peer ${Buffer.from(data).toString()}`))
    },
  }
  const sockets = new WebSocketSwitch(() => door as never)
  if (accepts)
    sockets.onText((socket) => {
      happened.push('accept')
      let isOurs = true
      socket.on('message', (data) => isOurs && happened.push(`text ${String(data)}`))
      return () => {
        isOurs = false
        happened.push('let go')
      }
    })
  const server = createServer().on('upgrade', (...upgrade) => sockets.upgrade(...upgrade))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => server.close())
  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
    cleanups.push(() => socket.terminate())
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.once('open', resolve).once('close', resolve))
    return socket
  }
  return { happened, open }
}

it('hands a socket to whom its first message is for, with that message', async () => {
  const { happened, open } = await start()
  const peer = await open()
  peer.send(Buffer.from('one'))
  peer.send(Buffer.from('two'))
  await expect.poll(() => happened).toEqual(['arrive', 'adopt', 'peer one', 'peer two'])
  happened.length = 0
  const client = await open()
  client.send('one')
  client.send('two')
  await expect.poll(() => happened).toEqual(['arrive', 'leave', 'accept', 'text one', 'text two'])
})

it('takes who says nothing for a client, who may still be a peer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { happened, open } = await start()
  const [client, peer] = [await open(), await open()]
  vi.advanceTimersByTime(3000)
  expect(happened).toEqual(['arrive', 'arrive', 'leave', 'accept', 'leave', 'accept'])
  vi.useRealTimers()
  happened.length = 0
  client.send('late')
  await expect.poll(() => happened).toEqual(['text late'])
  happened.length = 0
  peer.send(Buffer.from('later'))
  await expect.poll(() => happened).toEqual(['let go', 'arrive', 'adopt', 'peer later'])
})

it('lets nobody in where there is no place, and leaves everything to peers without a service', async () => {
  const full = await start({ isFull: true })
  const socket = new Promise<void>((resolve) => void full.open().then(() => resolve()))
  await expect.poll(() => full.happened).toEqual(['arrive'])
  const plain = await start({ accepts: false })
  void plain.open()
  await expect.poll(() => plain.happened).toEqual(['upgrade'])
  expect(full.happened).toEqual(['arrive'])
  void socket
})
