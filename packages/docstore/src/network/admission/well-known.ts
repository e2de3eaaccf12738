import { DAG_CBOR, DocstoreError, errorCode, type Network, networkFromText, parseCid } from '@p2p-docstore/core'

/** Where a relay says who it is and how it is reached. */
export const WELL_KNOWN_PATH = '/.well-known/docstore.json'
/** Largest well-known document that is read, bytes. */
const MAX_WELL_KNOWN_BYTES: number = 64 * 1024

/** What a relay says of itself under `WELL_KNOWN_PATH`. */
export interface WellKnown {
  readonly network: Network
  readonly peer: string
  /** Multiaddrs, current at the time of asking. */
  readonly addresses: readonly string[]
  /** The relay's clock when it answered, Unix milliseconds to the second; unknown to pages of other origins. */
  readonly clock?: number
}

/** Asks a relay for its well-known document. */
export async function fetchWellKnown(origin: string, signal: AbortSignal): Promise<WellKnown> {
  let text: string
  let date: string | null
  try {
    const response = await fetch(origin + WELL_KNOWN_PATH, { signal, headers: { accept: 'application/json' } })
    if (!response.ok) throw new Error(`HTTP status ${response.status}`)
    date = response.headers.get('date')
    text = await readText(response)
  } catch (cause) {
    const certificate = certificateError(cause)
    if (certificate !== undefined)
      throw new DocstoreError(
        'bad-certificate',
        `The certificate of the relay at ${origin} is not trusted here (${certificate}). If it is your own: NODE_EXTRA_CA_CERTS=cert.pem`,
        { cause },
      )
    // Who leaves out the port means one of web servers, on which a relay rarely is.
    const { port, hostname, protocol } = new URL(origin)
    const hint =
      port === '' ? `. No port is named, so it was asked on port ${protocol === 'https:' ? 443 : 80}; most relays are on 8080: ${hostname}:8080` : ''
    throw new DocstoreError('relay-unreachable', `The relay at ${origin} does not answer. Check that it runs and that the address is right${hint}`, {
      cause,
    })
  }
  const wellKnown = readWellKnown(text)
  if (wellKnown === undefined) throw new DocstoreError('not-a-relay', `What answers at ${origin} is not a docstore relay`)
  const clock = Date.parse(date ?? '')
  return Number.isNaN(clock) ? wellKnown : { ...wellKnown, clock }
}

/** What Node has against the certificate of a server, where that is why a request failed; browsers do not tell. */
function certificateError(error: unknown): string | undefined {
  const code = error instanceof Error ? errorCode(error.cause) : ''
  return /CERT|UNABLE_TO_VERIFY/.test(code) ? code : undefined
}

/** The body, or the beginning of one that is too large to be ours: what answers can be anything, and send without end. */
async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  // Not `for await`, which Safari's streams do not have.
  const reader = response.body?.getReader()
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    text += decoder.decode(part.value, { stream: true })
    if (text.length <= MAX_WELL_KNOWN_BYTES) continue
    await reader?.cancel()
    break
  }
  return text
}

function readWellKnown(text: string): WellKnown | undefined {
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>>
    const { network, descriptor, peer, addresses } = value
    if (typeof network !== 'string' || parseCid(DAG_CBOR, network) === undefined || typeof descriptor !== 'string' || typeof peer !== 'string')
      return undefined
    if (!Array.isArray(addresses) || addresses.length > 64 || !addresses.every((address): address is string => typeof address === 'string'))
      return undefined
    const decoded = networkFromText(descriptor)
    return decoded.ok && decoded.value.id === network ? { network: decoded.value, peer, addresses } : undefined
  } catch {
    return undefined
  }
}
