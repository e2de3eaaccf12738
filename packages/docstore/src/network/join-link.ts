import { DocstoreError, decodeNetwork, networkFromText, networkToText, type Network, parseCid, DAG_CBOR } from '@p2p-docstore/core'

/** Where a relay says who it is and how it is reached. */
export const WELL_KNOWN_PATH = '/.well-known/docstore.json'
/** Largest well-known document that is read, bytes. */
const MAX_WELL_KNOWN_BYTES: number = 64 * 1024

/** What a join link holds. */
export interface JoinLink {
  /** Absent in a bare address; the relay is asked then. */
  readonly network: Network | undefined
  /** Origin of the relay's page, such as `http://127.0.0.1:8080`. */
  readonly origin: string
}

/** What a relay says of itself under `WELL_KNOWN_PATH`. */
export interface WellKnown {
  readonly network: Network
  readonly peer: string
  /** Multiaddrs, current at the time of asking. */
  readonly addresses: readonly string[]
  /** The relay's clock when it answered, Unix milliseconds to the second; unknown to pages of other origins. */
  readonly clock?: number
}

/** The link that invites into a network: the page of one of its relays, with the network's descriptor behind `#join=`. */
export function formatJoinLink(origin: string, network: Network): string {
  return `${origin}/#join=${networkToText(network)}`
}

/** Reads a join link, or the bare address of a relay. Throws `bad-link`. */
export function parseJoinLink(text: string): JoinLink {
  let url: URL
  try {
    url = new URL(text.trim())
  } catch {
    throw new DocstoreError('bad-link', 'This is not a join link. It looks like http://host:8080/#join=u…')
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new DocstoreError('bad-link', 'A join link begins with http:// or https://')
  const descriptor = new URLSearchParams(url.hash.slice(1)).get('join')
  if (descriptor === null) return { network: undefined, origin: url.origin }
  const network = networkFromText(descriptor)
  if (!network.ok) throw new DocstoreError('bad-link', `The join link is damaged (${network.reason}). Copy it again`)
  return { network: network.value, origin: url.origin }
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
    throw new DocstoreError('relay-unreachable', `The relay at ${origin} does not answer. Check that it runs and that the address is right`, {
      cause,
    })
  }
  const wellKnown = readWellKnown(text)
  if (wellKnown === undefined) throw new DocstoreError('not-a-relay', `What answers at ${origin} is not a docstore relay`)
  const clock = Date.parse(date ?? '')
  return Number.isNaN(clock) ? wellKnown : { ...wellKnown, clock }
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

/** The network that descriptor bytes describe; throws where they are not valid. */
export function readNetwork(descriptor: Uint8Array): Network {
  const network = decodeNetwork(descriptor)
  if (!network.ok) throw new DocstoreError('bad-network', `The network descriptor is not valid (${network.reason})`)
  return network.value
}
