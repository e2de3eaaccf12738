import type { Docstore, JoinLink, NetworkInfo } from 'p2p-docstore'
import { deviceTextOf } from '../devices/device-link.ts'
import { contentHref, namespaceHref, parseRoute } from '../route.ts'
import { errorCode, errorText } from '../store/error-text.ts'

/** What somebody who was sent something puts into the field, and where it leads. */
export type Pasted =
  /** To a namespace, or a part of it, in the network of this page. */
  | { readonly kind: 'namespace'; readonly id: string; readonly href: string }
  /** To what a CID names. */
  | { readonly kind: 'content'; readonly href: string }
  /** To somebody, by `@alice` or `alice@example.org`. */
  | { readonly kind: 'person'; readonly who: string }
  /** To what makes this browser one more device of a person. */
  | { readonly kind: 'device'; readonly href: string }
  /** Into the network of this page, by another way than before; the page begins anew with it. */
  | { readonly kind: 'join'; readonly href: string }
  /** Into another network that this page is in. */
  | { readonly kind: 'shown'; readonly network: string }
  /** Into a network that this page is not in: `href` is the page that it belongs to, `joins` what it can be joined by from here. */
  | { readonly kind: 'elsewhere'; readonly text: string; readonly href: string | undefined; readonly joins: string | undefined }
  | { readonly kind: 'nothing'; readonly text: string }

/** The CID of a document or a file, as it stands alone or as IPFS tools write it; those of namespaces begin in another way. */
const CONTENT = /^(?:ipfs:\/\/|\/ipfs\/).|^(?:baguqeera|bafybei|bafkrei)[a-z2-7]{40,}$|^Qm\w{44}$/
/** A username, or a name of a domain. */
const NAME = /^[^\s@/:#]*@[^\s@/:#]+$/u

/** Reads the id of a namespace, a CID, a link to one of them, the name of a person, a link that adds a device, a join link, or the address of a relay. */
export async function readPasted(
  given: string,
  store: Docstore,
  { isConnected, networks }: { readonly isConnected: boolean; readonly networks: readonly NetworkInfo[] },
): Promise<Pasted> {
  const text = given.trim()
  const at = text.indexOf('#')
  const device = deviceTextOf(`#${text.slice(at + 1)}`)
  if (device !== undefined) return { kind: 'device', href: `#${device}` }
  const route = parseRoute(at === -1 ? '' : text.slice(at))
  if (route.page === 'namespace') return { kind: 'namespace', id: route.id, href: namespaceHref(route.id, route.collection, route.view) }
  if (route.page === 'content') return { kind: 'content', href: contentHref(route.cid) }
  if (CONTENT.test(text)) return { kind: 'content', href: contentHref(text) }
  if (/^baf[a-z2-7]*$/i.test(text)) return { kind: 'namespace', id: text, href: namespaceHref(text) }
  if (NAME.test(text)) return { kind: 'person', who: text }
  const { formatJoinLink, parseJoinLink } = await import('../store/join-links.ts')
  let link: JoinLink
  try {
    link = parseJoinLink(text)
  } catch (error) {
    if (errorCode(error) !== 'bad-link') throw error
    return { kind: 'nothing', text: /join/i.test(text) ? `${errorText(error)}.` : 'This is neither the id of a namespace nor a link to one.' }
  }
  const { network, origins, invitation } = link
  const [home, ...relays] = origins
  const isHere = home === location.origin
  if (network === undefined) {
    return isHere
      ? { kind: 'nothing', text: 'This is the address of this page.' }
      : { kind: 'elsewhere', text: 'This is the address of another relay.', href: home, joins: home }
  }
  const { id, name } = store.info.network
  if (network.id === id && invitation === undefined && isConnected) return { kind: 'nothing', text: `You are in “${name}” already.` }
  if (network.id !== id && invitation === undefined && networks.some((one) => one.id === network.id)) return { kind: 'shown', network: network.id }
  // The relay of this page is one more way in. Where the data here are of another network, the page says so when it begins.
  if (network.id === id || isHere) return { kind: 'join', href: formatJoinLink(location.origin, network, { relays: origins, invitation }) }
  return {
    kind: 'elsewhere',
    text: `This link leads to another network, “${network.descriptor.name}”. This page belongs to “${name}”.`,
    href: formatJoinLink(home, network, { relays, invitation }),
    joins: text,
  }
}
