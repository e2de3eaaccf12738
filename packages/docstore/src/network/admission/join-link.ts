import { DocstoreError, type Network } from '@p2p-docstore/core'
import { damagedLink, readFormerLink } from './former-link.ts'
import type { Invitation } from './invitation.ts'
import { decodeLinkText, encodeLinkText, isLinkText } from './link-text.ts'

/** Relays that a join link names, the one whose page it opens among them. */
const MAX_RELAYS = 4
/** Behind what a link has its join text: in the path, or, where that admits somebody, behind a `#`, which browsers send to no server. */
const TEXT_PATH = /^\/j\/(.*)$/i
/** Addresses that people write without `http://`: with a port, or a name with a point in it. */
const BARE_ADDRESS = /^(?:(?:[\w.-]+|\[[0-9a-f:.]+\]):\d+|localhost|[\w-]+(?:\.[\w-]+)+)\/?$/i

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

/**
 * The text that leads into a network: its descriptor, relays, perhaps an invitation, and a checksum, in small letters and digits alone. Programs and
 * the command line take it. Throws `bad-link` where one of the origins is none.
 */
export function formatJoinText(origin: string, network: Network, { relays = [], invitation }: JoinLinkExtras = {}): string {
  const origins = [...new Set([origin, ...relays].map(originOf))].slice(0, MAX_RELAYS)
  return encodeLinkText({ network, origins, invitation })
}

/**
 * The same as a link, which browsers open: the page of the first relay, and the text behind `/j/`, or, with an invitation, behind `/j/#`.
 * Throws `bad-link` where one of the origins is none.
 */
export function formatJoinLink(origin: string, network: Network, extras: JoinLinkExtras = {}): string {
  return `${originOf(origin)}/j/${extras.invitation === undefined ? '' : '#'}${formatJoinText(origin, network, extras)}`
}

/** Reads a join text, a join link, also of earlier versions, or the bare address of a relay, such as `http://host:8080` or `host:8080`. Throws `bad-link`. */
export function parseJoinLink(given: string): JoinLink {
  const text = given.trim()
  if (isLinkText(text)) return read(text)
  const url = parseOrigin(BARE_ADDRESS.test(text) ? `http://${text}` : text)
  if (url === undefined) throw notALink(text)
  const fragment = url.hash.slice(1)
  const path = TEXT_PATH.exec(url.pathname)?.[1]
  if (path !== undefined || isLinkText(fragment)) {
    const found = path === undefined || path === '' ? fragment : path
    if (found === '') throw damagedLink('what stood behind the # was cut off, as files of settings do outside quotation marks')
    return read(found, url.origin)
  }
  const former = readFormerLink(fragment)
  return former === undefined
    ? { network: undefined, origins: [url.origin], invitation: undefined }
    : { network: former.network, origins: originsOf([url.origin, ...former.relays]), invitation: former.invitation }
}

function read(text: string, home?: string): JoinLink {
  const content = decodeLinkText(text)
  if ('damage' in content) throw damagedLink(content.damage)
  const { network, origins, invitation } = content
  // The page may be at another origin than the text says: servers redirect from `http` to `https`.
  return { network, origins: originsOf(home === undefined ? origins : [home, ...origins]), invitation }
}

/** The first four different ones. */
function originsOf(texts: readonly string[]): readonly [string, ...string[]] {
  const urls = texts.map(parseOrigin)
  if (!urls.every((url) => url !== undefined)) throw damagedLink('the address of a relay is none')
  const [first, ...others] = new Set(urls.map(({ origin }) => origin))
  if (first === undefined) throw damagedLink('it names no relay')
  return [first, ...others.slice(0, MAX_RELAYS - 1)]
}

/** Nothing but an origin goes into a link. */
function originOf(text: string): string {
  const url = parseOrigin(text)
  if (url === undefined) throw new DocstoreError('bad-link', `${text} is no address of a relay. It looks like http://host:8080`)
  return url.origin
}

function parseOrigin(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined
}

function notALink(text: string): DocstoreError {
  return new DocstoreError(
    'bad-link',
    /^baf[a-z2-7]{20}/.test(text)
      ? 'This is the id of a namespace, which is in a network already. To join, take the link that `docstore network link` prints there'
      : 'This is not a join link. It looks like bjoin…, or http://host:8080/j/bjoin…; the address of a relay will do too, with its port: host:8080',
  )
}
