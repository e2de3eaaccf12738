import { createSocket } from 'node:dgram'
import type { Listener, Logger, PeerId } from '@libp2p/interface'
import { DocstoreError } from '@p2p-docstore/core'
import type { IceUdpMuxListener, initLogger } from 'node-datachannel'

/** How long a port may stay bound after what had it was told to end, and how often it is tried, milliseconds. */
const MAX_RELEASE_MS = 5000
const RELEASE_CHECK_MS = 20
/** How long a native listener goes on after it was closed, milliseconds: less than a relay waits for the port that it had last. */
const RETIRED_MS = 800
/**
 * What a WebRTC-direct peer may have as the name of its attempt. It becomes its ICE password, and one that is none would end the process inside the
 * native library; libp2p checks the same.
 */
const VALID_UFRAG = /^[a-zA-Z0-9+/]{22,256}$/
/**
 * Where the native listener keeps whether it was stopped: byte 0x58, behind the 16 of its shared pointer. See `clearStopFlag`.
 */
const STOP_FLAG_OFFSET = 104

/** What is used of the native library. */
export interface NativeLibrary {
  readonly IceUdpMuxListener: typeof IceUdpMuxListener
  readonly initLogger: typeof initLogger
}

/** What is used of libp2p's listener for WebRTC-direct. Each packet of a stranger makes it begin a connection. */
export interface PacketListener extends Listener {
  readonly components: {
    readonly peerId: PeerId
    readonly upgrader: { createInboundAbortSignal(signal: AbortSignal): AbortSignal & { clear(): void } }
  }
  readonly shutdownController: AbortController
  readonly log: Logger
  startUDPMuxServer(host: string, port: number, family: 4 | 6): UdpMux
  incomingConnection(fragment: string, host: string, port: number, signal: AbortSignal): Promise<void>
}

/** A UDP port on which connections begin, as libp2p's listener keeps it. */
interface UdpMux {
  readonly peerId: PeerId
  readonly owner: Listener
  readonly port: number
  readonly isIPv4: boolean
  readonly isIPv6: boolean
  readonly server: Promise<{ close(): Promise<void>; address(): { address: string; family: string; port: number } }>
}

/**
 * Makes a listener of WebRTC-direct let go of its port a moment after it is closed, so that another can listen there, at once in this process, and
 * nobody calls into what was freed. A port that is taken is waited for. Where one stays bound all the same, a warning of the process says so
 * (`DOCSTORE_UDP_PORT`).
 */
export function releasePort(listener: PacketListener, native: NativeLibrary): void {
  const listen = listener.listen.bind(listener)
  listener.listen = async (multiaddr) => {
    const parts = multiaddr.getComponents()
    const wanted = { host: parts[0]?.value ?? '', port: Number(parts.find(({ name }) => name === 'udp')?.value) }
    // libp2p remembers a port where it failed as one that another peer has, for as long as the process lives.
    if (wanted.port !== 0 && !retired.has(keyOf(wanted)) && !(await untilFree(wanted)))
      throw new DocstoreError('port-in-use', `UDP port ${wanted.port} of ${wanted.host} is in use. Stop what uses it, or choose another`)
    await listen(multiaddr)
  }
  listener.startUDPMuxServer = (host, port, family) => {
    const { peerId } = listener.components
    const open = async () => {
      // libp2p takes one that is free for TCP.
      const address = { host, port: port === 0 ? await bindOnce({ host, port: 0 }) : port }
      const mux = retired.get(keyOf(address)) ?? new NativeMux(native, address)
      mux.serve((request) => begin(listener, request))
      return { close: async () => mux.retire(), address: () => ({ address: host, family: `IPv${family}`, port: address.port }) }
    }
    return { peerId, owner: listener, port, isIPv4: family === 4, isIPv6: family === 6, server: open() }
  }
}

/** A stranger's packet, as the native library tells of it. */
interface Request {
  readonly ufrag?: string
  readonly host?: string
  readonly port?: number
}

function begin(listener: PacketListener, { ufrag = '', host = '', port = 0 }: Request): void {
  if (!VALID_UFRAG.test(ufrag)) return
  const { components, shutdownController, log } = listener
  const signal = components.upgrader.createInboundAbortSignal(shutdownController.signal)
  listener
    .incomingConnection(ufrag, host, port, signal)
    .catch((error: unknown) => log.error('a connection over WebRTC-direct could not begin - %e', error))
    .finally(() => signal.clear())
}

/** Native listeners that nobody uses and that still have their port. */
const retired = new Map<string, NativeMux>()

/**
 * A native listener on a UDP port. That of libdatachannel 0.24 never sets the flag that says that it was stopped: it is whatever lay in the memory
 * before. Where that is not zero, it does nothing when it is stopped, but is freed: its port stays bound, and the next packet of a stranger ends the
 * process (`std::system_error` or SIGSEGV). So it goes on for a moment after it is closed, hearing nobody: a program that ends then, as a relay does,
 * ends before it is freed, and who listens there again takes it over. docs/decisions/0020 has the figures.
 */
class NativeMux {
  readonly #native: IceUdpMuxListener
  readonly #address: UdpAddress
  #onRequest: ((request: Request) => void) | undefined
  #retiring: ReturnType<typeof setTimeout> | undefined

  constructor(native: NativeLibrary, address: UdpAddress) {
    this.#address = address
    clearStopFlag(native)
    this.#native = new native.IceUdpMuxListener(address.port, address.host)
    this.#native.onUnhandledStunRequest((request) => this.#onRequest?.(request))
  }

  serve(onRequest: (request: Request) => void): void {
    clearTimeout(this.#retiring)
    retired.delete(keyOf(this.#address))
    this.#onRequest = onRequest
  }

  retire(): void {
    this.#onRequest = undefined
    retired.set(keyOf(this.#address), this)
    this.#retiring = setTimeout(() => {
      retired.delete(keyOf(this.#address))
      this.#native.stop()
      void warnIfBound(this.#address)
    }, RETIRED_MS)
  }
}

/**
 * Memory that was freed last is given out first: so some of the right size is freed right before the listener is made, with a zero where its flag will be,
 * which is the end of a text. Where memory is managed in another way, or something else comes in between, this does nothing.
 */
function clearStopFlag(native: NativeLibrary): void {
  const level: string = '-'.repeat(STOP_FLAG_OFFSET)
  try {
    // Refused, since it comes without a function, after the text was copied.
    native.initLogger(level as Parameters<typeof initLogger>[0])
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
}

async function warnIfBound(address: UdpAddress): Promise<void> {
  // The connections that came over it, which end by themselves, have it too.
  if (await untilFree(address)) return
  process.emitWarning(
    `UDP port ${address.port} of ${address.host} is still bound, though nobody listens there any more. Restart this process to free it`,
    {
      code: 'DOCSTORE_UDP_PORT',
    },
  )
}

function keyOf({ host, port }: UdpAddress): string {
  return `${host} ${port}`
}

interface UdpAddress {
  readonly host: string
  readonly port: number
}

/** Whether a port is free, now or soon. */
async function untilFree(address: UdpAddress): Promise<boolean> {
  for (
    const end = performance.now() + MAX_RELEASE_MS;
    !(await isFree(address));
    await new Promise((resolve) => setTimeout(resolve, RELEASE_CHECK_MS))
  )
    if (performance.now() > end) return false
  return true
}

async function isFree(address: UdpAddress): Promise<boolean> {
  try {
    await bindOnce(address)
    return true
  } catch {
    return false
  }
}

/** Binds a port, any free one for 0, and lets it go. Rejects where it is taken. */
function bindOnce({ host, port }: UdpAddress): Promise<number> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close()
      reject(error)
    })
    socket.bind(port, host, () => {
      const bound = socket.address().port
      socket.close(() => resolve(bound))
    })
  })
}
