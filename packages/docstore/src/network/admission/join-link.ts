import {
  base64url,
  DAG_CBOR,
  decodeNetwork,
  DocstoreError,
  errorCode,
  type Network,
  networkFromText,
  networkToText,
  parseCid,
  sha256,
  utf8,
} from '@p2p-docstore/core'
import { decodeInvitation, encodeInvitation, type Invitation } from './invitation.ts'

/** Where a relay says who it is and how it is reached. */
export const WELL_KNOWN_PATH = '/.well-known/docstore.json'
/** Largest well-known document that is read, bytes. */
const MAX_WELL_KNOWN_BYTES: number = 64 * 1024

/** Relays that a join link names besides the one whose page it opens. */
const MAX_FURTHER_RELAYS = 3
/** Characters of the checksum at the end of a link. */
const CHECK_LENGTH = 8

/** What a join link holds. */
export interface JoinLink {
  /** Absent in a bare address; the relay is asked then. */
  readonly network: Network | undefined
  /** Origins of relays, such as `http://127.0.0.1:8080`: first the one whose page the link opens. */
  readonly origins: readonly [string, ...string[]]
  /** What lets into a network that admits only who is invited. */
  readonly invitation: Invitation | undefined
}

/** What a join link may hold besides the network and the first relay. */
export interface JoinLinkExtras {
  /** Origins of further relays; the first three are taken. */
  readonly relays?: readonly string[]
  readonly invitation?: Invitation | undefined
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

/**
 * The link that leads into a network: the page of one of its relays, and behind `#` the network's descriptor, further relays, perhaps an
 * invitation, and a checksum. Throws `bad-link` where one of the origins is none.
 */
export function formatJoinLink(origin: string, network: Network, { relays = [], invitation }: JoinLinkExtras = {}): string {
  const [home, ...others] = new Set([origin, ...relays].map(originOf))
  const further = others.slice(0, MAX_FURTHER_RELAYS)
  const parts = [
    `join=${networkToText(network)}`,
    ...further.map((relay) => `relay=${relay}`),
    ...(invitation === undefined ? [] : [`invite=${base64url.encode(encodeInvitation(invitation))}`]),
  ]
  const fragment = parts.join('&')
  return `${home}/#${fragment}&check=${checksum(fragment)}`
}

/** Reads a join link, or the bare address of a relay. Throws `bad-link`. */
export function parseJoinLink(text: string): JoinLink {
  const url = parseOrigin(text.trim())
  if (url === undefined) throw new DocstoreError('bad-link', 'This is not a join link. It looks like http://host:8080/#join=u…')
  const fields = new URLSearchParams(url.hash.slice(1))
  const descriptor = fields.get('join')
  if (descriptor === null) return { network: undefined, origins: [url.origin], invitation: undefined }
  const [, checked, check] = /#(.*)&check=([^&]*)$/s.exec(text.trim()) ?? []
  // Nothing but the network stands without a checksum: the rest of such a link was cut off.
  const isCut = checked === undefined && new Set(fields.keys()).size > 1
  if (isCut || (checked !== undefined && checksum(checked) !== check)) throw damaged('a character is missing or wrong')
  const network = networkFromText(descriptor)
  if (!network.ok) throw damaged(network.reason)
  const further = fields.getAll('relay').slice(0, MAX_FURTHER_RELAYS).map(parseOrigin)
  if (!further.every((one) => one !== undefined)) throw damaged('the address of a relay is none')
  const packed = fields.get('invite')
  const invitation = packed === null ? undefined : readInvitation(packed)
  return { network: network.value, origins: [url.origin, ...further.map(({ origin }) => origin)], invitation }
}

/** Nothing but an origin goes into a link: it could add fields of its own. */
function originOf(text: string): string {
  const url = parseOrigin(text)
  if (url === undefined) throw new DocstoreError('bad-link', `${text} is no address of a relay. It looks like http://host:8080`)
  return url.origin
}

function parseOrigin(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined
}

function readInvitation(text: string): Invitation {
  let invitation: Invitation | undefined
  try {
    invitation = decodeInvitation(base64url.decode(text))
  } catch {
    // Not base64url.
  }
  if (invitation === undefined) throw damaged('the invitation cannot be read')
  return invitation
}

/** Links are copied from chats and mails, which cut them. The origin is left out: servers redirect from `http` to `https`. */
function checksum(fragment: string): string {
  return base64url.baseEncode(sha256(utf8(fragment))).slice(0, CHECK_LENGTH)
}

function damaged(reason: string): DocstoreError {
  return new DocstoreError('bad-link', `The join link is damaged (${reason}). Copy it again, all of it`)
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
    throw new DocstoreError('relay-unreachable', `The relay at ${origin} does not answer. Check that it runs and that the address is right`, {
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

/** The network that descriptor bytes describe; throws where they are not valid. */
export function readNetwork(descriptor: Uint8Array): Network {
  const network = decodeNetwork(descriptor)
  if (!network.ok) throw new DocstoreError('bad-network', `The network descriptor is not valid (${network.reason})`)
  return network.value
}
