import type { Connection, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { decodeCbor, DocstoreError, encodeCbor, errorCode, type Role } from '@p2p-docstore/core'
import { delay } from '../timing/index.ts'
import { ADMISSION_TIMEOUT_MS, LINGER_MS } from '../limits.ts'

/** Largest greeting, bytes: three signed structures and room for what later versions add. */
const MAX_HELLO_BYTES: number = 8 * 1024
const FRAMES = { maxDataLength: MAX_HELLO_BYTES, maxBufferSize: 2 * MAX_HELLO_BYTES }

/** Versions of the protocols of a network that this peer speaks. */
const VERSIONS: readonly number[] = [1]

/** Why a peer is not let in, by stable name, with what the one who is refused can do about it. */
const REFUSALS = {
  'other-network': 'The other side is not of this network. Ask for a current join link',
  'other-version': 'The other side speaks another version of the protocol. Update docstore here and there',
  'not-invited': 'This network admits only those who are invited. Ask who runs it for an invitation, and join with its link',
  'invitation-expired': 'The invitation into this network has expired. Ask for a new one',
  'invitation-revoked': 'The invitation into this network was taken back. Ask for a new one',
  'relay-full': 'The relay has as many connections as it can serve. Join another one, or wait until there is room',
  'bad-hello': 'The other side sent no valid greeting. It may be another program, or a damaged one',
  'no-hello': 'The other side did not greet in time. The line may be very slow, or something else may listen there',
} as const

export type HelloRefusal = keyof typeof REFUSALS

/** What each side of a connection says of itself before anything else. */
export interface Hello {
  readonly role: Role
  /** Packed voucher of the identity that runs the peer, where it says so. */
  readonly identity: Uint8Array | null
  /** Packed certificate of the invitation with which it comes, and voucher of the certificate's key for the peer. */
  readonly member: { readonly certificate: Uint8Array; readonly voucher: Uint8Array } | null
  /** What a relay does for others; absent where it does all that relays do. */
  readonly services?: readonly string[] | undefined
}

/** Services of a greeting: as many as a descriptor has, and named alike. */
const MAX_SERVICES = 16
const SERVICE = /^[a-z][a-z0-9-]{0,31}$/

/** Name of the protocol that precedes all others in a network. */
export function helloProtocol(networkId: string): string {
  return `/docstore/${networkId}/hello/1`
}

/** The error of a connection that was not let in, told to the one who is refused. */
export function refusal(code: HelloRefusal, cause?: unknown): DocstoreError {
  return new DocstoreError(code, REFUSALS[code], { cause })
}

/** The error where this side refuses the other one. */
export function refused(code: HelloRefusal, cause?: unknown): DocstoreError {
  return new DocstoreError(code, `The peer was not let in (${code})`, { cause })
}

/** Whether an error code is one of those with which a connection is not let in. */
function isHelloRefusal(code: string): code is HelloRefusal {
  return Object.hasOwn(REFUSALS, code)
}

export function encodeHello({ role, identity, member, services }: Hello): Uint8Array {
  return encodeCbor({ v: 1, versions: VERSIONS, role, identity, member, ...(services === undefined ? {} : { services }) })
}

function encodeRefusal(code: HelloRefusal): Uint8Array {
  return encodeCbor({ v: 1, error: code, message: REFUSALS[code] })
}

/** Reads a greeting, or throws: what the other side gives as its reason, `other-version`, or `bad-hello`. */
export function decodeHello(frame: Uint8Array): Hello {
  const decoded = decodeCbor(frame, MAX_HELLO_BYTES)
  if (!decoded.ok || typeof decoded.value !== 'object' || decoded.value === null) throw refused('bad-hello')
  // Fields that are not known here are for later versions.
  const { v, versions, role, identity, member, services, error } = decoded.value as Readonly<Record<string, unknown>>
  if (typeof error === 'string') throw isHelloRefusal(error) ? refusal(error) : refused('bad-hello')
  if (v !== 1 || !Array.isArray(versions)) throw refused(Number.isSafeInteger(v) && v !== 1 ? 'other-version' : 'bad-hello')
  if (!versions.some((version) => VERSIONS.includes(version as number))) throw refusal('other-version')
  if ((role !== 'relay' && role !== 'peer') || !(identity === null || identity instanceof Uint8Array)) throw refused('bad-hello')
  if (services !== undefined && !areServices(services)) throw refused('bad-hello')
  if (member === null) return { role, identity, member: null, services }
  if (typeof member !== 'object' || !('certificate' in member) || !('voucher' in member)) throw refused('bad-hello')
  const { certificate, voucher } = member
  if (!(certificate instanceof Uint8Array) || !(voucher instanceof Uint8Array)) throw refused('bad-hello')
  return { role, identity, member: { certificate, voucher }, services }
}

function areServices(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= MAX_SERVICES && value.every((one) => typeof one === 'string' && SERVICE.test(one))
}

/** Greets the other end of a connection; resolves with its answer. Throws `other-network`, `no-hello`, `bad-hello`, `connection-lost`. */
export async function greet(connection: Connection, protocol: string, hello: Uint8Array): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(ADMISSION_TIMEOUT_MS)
  let stream: Stream | undefined
  try {
    stream = await connection.newStream(protocol, { signal, runOnLimitedConnection: true })
    const frames = lpStream(stream, FRAMES)
    await frames.write(hello, { signal })
    const answer = (await frames.read({ signal })).subarray()
    endStream(stream)
    return answer
  } catch (cause) {
    stream?.abort(cause instanceof Error ? cause : new Error('failed'))
    throw failure(cause, signal, connection)
  }
}

/** How a greeting is answered. */
interface Answering {
  /** Decides about the other side, or throws why it is not let in. */
  readonly judge: (hello: Uint8Array) => Promise<void>
  /** Our own greeting. */
  readonly own: () => Promise<Uint8Array>
  /** Called at once where the other side is not let in, before it is told. */
  readonly onRefusal: (reason: unknown) => void
}

/**
 * Answers the greeting that comes in on a stream with our own one, if `judge` takes it. Rejects with the reason otherwise, after the other
 * side could read it.
 */
export async function answerGreeting(stream: Stream, connection: Connection, { judge, own, onRefusal }: Answering): Promise<void> {
  const signal = AbortSignal.timeout(ADMISSION_TIMEOUT_MS)
  const frames = lpStream(stream, FRAMES)
  const answer = async (bytes: Uint8Array): Promise<void> => {
    try {
      await frames.write(bytes, { signal: AbortSignal.timeout(ADMISSION_TIMEOUT_MS) })
      endStream(stream)
    } catch (error) {
      // The other side hears nothing, and gives up when its time is over.
      stream.abort(error instanceof Error ? error : new Error('failed'))
    }
  }
  try {
    const hello = await frames.read({ signal }).catch((cause: unknown) => {
      throw failure(cause, signal, connection)
    })
    await judge(hello.subarray())
    await answer(await own())
  } catch (error) {
    onRefusal(error)
    const code = errorCode(error)
    if (isHelloRefusal(code) && code !== 'no-hello') {
      await answer(encodeRefusal(code))
      await untilClosed(connection)
    }
    throw error
  }
}

/** Both sides have said everything; the end needs no waiting for. */
function endStream(stream: Stream): void {
  stream.close({ signal: AbortSignal.timeout(ADMISSION_TIMEOUT_MS) }).catch((error: unknown) => {
    stream.abort(error instanceof Error ? error : new Error('failed'))
  })
}

/** Whoever reads that it is refused hangs up. */
function untilClosed(connection: Connection): Promise<void> {
  const closed = new AbortController()
  connection.addEventListener('close', () => closed.abort(), { once: true })
  if (connection.status !== 'open') closed.abort()
  return delay(LINGER_MS, closed.signal)
}

function failure(cause: unknown, signal: AbortSignal, connection: Connection): DocstoreError {
  const name = cause instanceof Error ? cause.name : ''
  if (name === 'UnsupportedProtocolError') return refusal('other-network', cause)
  if (signal.aborted) return refusal('no-hello', cause)
  if (connection.status === 'open') return refusal('bad-hello', cause)
  return new DocstoreError('connection-lost', 'The connection was lost during the greeting', { cause })
}
