import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, expect, it } from 'vitest'
import { createWebServer } from './web-server.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).toReversed()) cleanup()
})

it('WebSockets do not take the places of those who ask for the page', async () => {
  const upgraded: Duplex[] = []
  const server = createWebServer(
    (_request, response) => void response.end('page'),
    (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      socket.resume().on('end', () => socket.end())
      upgraded.push(socket)
    },
    undefined,
  ).listen(0, '127.0.0.1')
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const places = server.maxConnections
  const sockets: Duplex[] = []
  for (let n = 0; n < 3; n++) {
    const asking = request({ port, host: '127.0.0.1', headers: { connection: 'Upgrade', upgrade: 'websocket' } }).end()
    const [, socket] = (await once(asking, 'upgrade')) as [unknown, Duplex]
    sockets.push(socket)
  }
  expect(server.maxConnections).toBe(places + 3)
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('page')
  for (const socket of sockets) socket.destroy()
  await expect.poll(() => server.maxConnections).toBe(places)
  expect(upgraded.every(({ destroyed }) => destroyed)).toBe(true)
})
