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

/** Ports for peers: those of the last time, else the three after the page's port, else any that are free; three different ones. Throws `bad-host`. */
export async function choosePorts(replica: Pick<Replica, 'getMeta' | 'setMeta'>, host: string, httpPort: number): Promise<PeerPorts> {
  const stored = await replica.getMeta(PORTS)
  const last = stored === undefined ? undefined : new Uint16Array(stored.slice().buffer)
  const held: HeldPort[] = []
  const hold = async (kind: 'tcp' | 'udp', index: number): Promise<number> => {
    const one = await holdPort(kind, host, last?.[index] ?? next(httpPort, index + 1))
    held.push(one)
    return one.port
  }
  try {
    // Each stays held while the next is chosen: the system gives a port that is free again to the next who asks.
    const ports: PeerPorts = { tcp: await hold('tcp', 0), webSocket: await hold('tcp', 1), webRtcDirect: await hold('udp', 2) }
    await replica.setMeta(PORTS, new Uint8Array(Uint16Array.of(ports.tcp, ports.webSocket, ports.webRtcDirect).buffer))
    return ports
  } finally {
    await Promise.all(held.map((one) => one.release()))
  }
}

function next(base: number, offset: number): number {
  return base === 0 || base + offset > 65_535 ? 0 : base + offset
}

/** How often, and how long apart, a port of the last time is tried: what held it may just be ending. */
const ATTEMPTS = 10
const PAUSE_MS = 100

/** A port that nobody else gets until it is released. */
interface HeldPort {
  readonly port: number
  release(): Promise<void>
}

/** Any TCP port that is free. Throws `bad-host`. */
export async function freePort(host: string): Promise<number> {
  const held = await holdPort('tcp', host, 0)
  await held.release()
  return held.port
}

/** The wanted port if it is free, else any. Throws `bad-host`. */
async function holdPort(kind: 'tcp' | 'udp', host: string, wanted: number): Promise<HeldPort> {
  const hold = kind === 'tcp' ? holdTcp : holdUdp
  const attempts = wanted === 0 ? 0 : ATTEMPTS
  for (let attempt = 0; attempt < attempts; attempt++) {
    const held = await hold(host, wanted)
    if (held !== undefined) return held
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  const any = await hold(host, 0)
  if (any === undefined) throw new DocstoreError('bad-host', `This machine has no address ${host} to listen on`)
  return any
}

function holdTcp(host: string, wanted: number): Promise<HeldPort | undefined> {
  return new Promise((resolve) => {
    // Peers who look for the relay where it was come here meanwhile, and giving the port back would wait for them.
    const server = createServer((socket) => socket.destroy())
    server.once('error', () => resolve(undefined))
    server.listen(wanted, host, () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : wanted
      resolve({ port, release: () => new Promise((released) => server.close(() => released())) })
    })
  })
}

function holdUdp(host: string, wanted: number): Promise<HeldPort | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', () => {
      socket.close()
      resolve(undefined)
    })
    socket.bind(wanted, host, () => {
      resolve({ port: socket.address().port, release: () => new Promise((released) => socket.close(() => released())) })
    })
  })
}
