import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { createDocstore } from 'p2p-docstore'
import { describe, expect, it } from 'vitest'
import { choosePorts } from './ports.ts'

const HOST = '127.0.0.1'

/** What a relay remembers. */
function memory(): Parameters<typeof choosePorts>[0] {
  const values = new Map<string, Uint8Array>()
  return {
    getMeta: async (name) => values.get(name),
    setMeta: async (name, value) => void (value === undefined ? values.delete(name) : values.set(name, value)),
  }
}

async function taken(): Promise<{ port: number; release: () => void }> {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return { port: address.port, release: () => server.close() }
}

describe('the ports of a relay', () => {
  it('are three, and the same the next time', async () => {
    const meta = memory()
    const ports = await choosePorts(meta, HOST, 0)
    expect(new Set([ports.tcp, ports.webSocket]).size).toBe(2)
    expect(await choosePorts(meta, HOST, 0)).toEqual(ports)
  })

  it('are given back though peers come there while they are chosen', async () => {
    const peers: Socket[] = []
    const meta = memory()
    const setMeta: typeof meta.setMeta = async (name, value) => {
      const peer = connect(new Uint16Array(value?.slice().buffer ?? [])[0] ?? 0, HOST)
      // It is turned away, which it may hear of as an error.
      peer.on('error', () => undefined)
      peers.push(peer)
      await once(peer, 'connect')
      return meta.setMeta(name, value)
    }
    const ports = await choosePorts({ ...meta, setMeta }, HOST, 0)
    expect(ports.tcp).toBeGreaterThan(0)
    expect(peers).toHaveLength(1)
    for (const peer of peers) peer.destroy()
  })

  it('are others where somebody has them', async () => {
    const somebody = await taken()
    try {
      // The first is the one after the page's.
      const ports = await choosePorts(memory(), HOST, somebody.port - 1)
      expect(ports.tcp).not.toBe(somebody.port)
    } finally {
      somebody.release()
    }
  })

  it('are all listened on, or the relay does not start and says which are not', async () => {
    const somebody = await taken()
    try {
      const listen = [`/ip4/${HOST}/tcp/0`, `/ip4/${HOST}/tcp/${somebody.port}/ws`]
      await expect(createDocstore({ data: 'memory', role: 'relay', listen })).rejects.toMatchObject({
        code: 'listen-failed',
        message: expect.stringContaining(`/ip4/${HOST}/tcp/${somebody.port}/ws: `),
      })
    } finally {
      somebody.release()
    }
  })
})
