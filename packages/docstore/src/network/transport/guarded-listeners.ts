import type { CreateListenerOptions, Listener, Transport } from '@libp2p/interface'
import type { Arrivals, ArrivingSocket } from './arrivals.ts'
import { type NativeLibrary, type PacketListener, releasePort } from './udp-mux.ts'

/** What is used of libp2p's listeners on sockets; their classes are not exported. */
interface SocketListener extends Listener {
  readonly server: { maxConnections: number; prependListener(event: 'connection', listener: (socket: ArrivingSocket) => void): unknown }
}

/** Connections over UDP that are on their way in: all, and those of one host. They cost far more than sockets do. */
const MAX_PACKET_ARRIVALS = 128
const MAX_PACKET_ARRIVALS_PER_HOST = 32

/** Lets no more sockets come to what a transport listens on than there are places, and none stay that says nothing. */
export function guardSockets<C>(transport: (components: C) => Transport, arrivals: Arrivals, max: number): (components: C) => Transport {
  return onListener(transport, (listener) => {
    const { server } = listener as SocketListener
    server.maxConnections = max
    server.prependListener('connection', (socket) => arrivals.arrive(socket))
  })
}

/** The same for WebRTC-direct, which has no sockets: it makes a connection for whatever packet looks like the first of one. */
export function guardPackets<C>(transport: (components: C) => Transport, native: NativeLibrary): (components: C) => Transport {
  return onListener(transport, (listener) => {
    const packets = listener as PacketListener
    releasePort(packets, native)
    const begin = packets.incomingConnection.bind(packets)
    const perHost = new Map<string, number>()
    let arriving = 0
    packets.incomingConnection = async (fragment, host, port, signal) => {
      const before = perHost.get(host) ?? 0
      if (arriving >= MAX_PACKET_ARRIVALS || before >= MAX_PACKET_ARRIVALS_PER_HOST) return
      arriving++
      perHost.set(host, before + 1)
      try {
        await begin(fragment, host, port, signal)
      } finally {
        arriving--
        const left = (perHost.get(host) ?? 1) - 1
        if (left > 0) perHost.set(host, left)
        else perHost.delete(host)
      }
    }
  })
}

function onListener<C>(transport: (components: C) => Transport, onCreated: (listener: Listener) => void): (components: C) => Transport {
  return (components) => {
    const made = transport(components)
    const createListener = made.createListener.bind(made)
    made.createListener = (options: CreateListenerOptions): Listener => {
      const listener = createListener(options)
      onCreated(listener)
      return listener
    }
    return made
  }
}
