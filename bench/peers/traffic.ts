import { subscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'

const INTERFACES = '/proc/net/dev'

/** What carried the bytes that are counted. */
export type TrafficKind = 'loopback' | 'sockets'

/** Whether the loopback device is the only one: then all that it carries is ours, and it counts every header and acknowledgement. */
export function hasOwnLoopback(): boolean {
  try {
    const names = readFileSync(INTERFACES, 'utf8').matchAll(/^\s*(\S+):/gm)
    return Array.from(names, ([, name]) => name).join() === 'lo'
  } catch {
    // Not Linux.
    return false
  }
}

/** Counts bytes in both directions, from now on. Must exist before the first socket does. */
export function countTraffic(): { readonly kind: TrafficKind; bytes(): number } {
  return hasOwnLoopback() ? { kind: 'loopback', bytes: loopbackBytes } : { kind: 'sockets', bytes: countSockets() }
}

function loopbackBytes(): number {
  return Number(/^\s*lo:\s*(\d+)/m.exec(readFileSync(INTERFACES, 'utf8'))?.[1])
}

/** The payload of this process's own TCP sockets: what is left where nobody gives us a loopback device. */
function countSockets(): () => number {
  const open = new Set<Socket>()
  let closed = 0
  const add = (message: unknown): void => {
    if (typeof message !== 'object' || message === null || !('socket' in message) || !(message.socket instanceof Socket)) return
    const { socket } = message
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      closed += socket.bytesRead + socket.bytesWritten
    })
  }
  subscribe('net.client.socket', add)
  subscribe('net.server.socket', add)
  return () => [...open].reduce((total, { bytesRead, bytesWritten }) => total + bytesRead + bytesWritten, closed)
}
