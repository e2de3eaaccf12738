import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { DocstoreError, type Replica } from '@p2p-docstore/core'

/** Name of the remembered ports among the small values of the peer. */
const PORTS = 'relay-ports'

/** The ports of a relay besides its page's. They stay the same over restarts, so that peers find it where it was. */
export interface PeerPorts {
  readonly tcp: number
  readonly webSocket: number
  readonly webRtcDirect: number
}

/** Ports for peers: those of the last time, else the three after the page's port, else any that are free. */
export async function choosePorts(replica: Pick<Replica, 'getMeta' | 'setMeta'>, host: string, httpPort: number): Promise<PeerPorts> {
  const stored = await replica.getMeta(PORTS)
  const last = stored === undefined ? undefined : new Uint16Array(stored.slice().buffer)
  const base = httpPort === 0 ? 0 : httpPort
  const ports: PeerPorts = {
    tcp: await freePort('tcp', host, last?.[0] ?? next(base, 1)),
    webSocket: await freePort('tcp', host, last?.[1] ?? next(base, 2)),
    webRtcDirect: await freePort('udp', host, last?.[2] ?? next(base, 3)),
  }
  await replica.setMeta(PORTS, new Uint8Array(Uint16Array.of(ports.tcp, ports.webSocket, ports.webRtcDirect).buffer))
  return ports
}

function next(base: number, offset: number): number {
  return base === 0 || base + offset > 65_535 ? 0 : base + offset
}

/** How often, and how long apart, a port of the last time is tried: what held it may just be ending. */
const ATTEMPTS = 10
const PAUSE_MS = 100

/** The wanted port if it is free, else any. Throws `bad-host`. */
export async function freePort(kind: 'tcp' | 'udp', host: string, wanted: number): Promise<number> {
  const tryPort = kind === 'tcp' ? tryTcp : tryUdp
  const attempts = wanted === 0 ? 0 : ATTEMPTS
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = await tryPort(host, wanted)
    if (port !== undefined) return port
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  const any = await tryPort(host, 0)
  if (any === undefined) throw new DocstoreError('bad-host', `This machine has no address ${host} to listen on`)
  return any
}

function tryTcp(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, host, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined))
    })
  })
}

function tryUdp(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', () => {
      socket.close()
      resolve(undefined)
    })
    socket.bind(port, host, () => {
      const { port: bound } = socket.address()
      socket.close(() => resolve(bound))
    })
  })
}
