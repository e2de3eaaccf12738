import { base64url, DocstoreError, type Network, networkFromText, sha256, utf8 } from '@p2p-docstore/core'
import { decodeInvitation, type Invitation } from './invitation.ts'

/** What the part of a join link of earlier versions says that stands behind `#`. */
export interface FormerLink {
  readonly network: Network
  readonly relays: readonly string[]
  readonly invitation: Invitation | undefined
}

/** Reads what stands behind `#` in a join link of earlier versions, `join=…&relay=…&invite=…&check=…`; `undefined` where it is none. Throws `bad-link`. */
export function readFormerLink(fragment: string): FormerLink | undefined {
  const fields = new URLSearchParams(fragment)
  const descriptor = fields.get('join')
  if (descriptor === null) return undefined
  const [, checked, check] = /^(.*)&check=([^&]*)$/s.exec(fragment) ?? []
  // Nothing but the network stands without a checksum: the rest of such a link was cut off.
  const isCut = checked === undefined && new Set(fields.keys()).size > 1
  if (isCut || (checked !== undefined && checksum(checked) !== check)) throw damagedLink('a character is missing or wrong')
  const network = networkFromText(descriptor)
  if (!network.ok) throw damagedLink(network.reason)
  const packed = fields.get('invite')
  const invitation = packed === null ? undefined : readInvitation(packed)
  return { network: network.value, relays: fields.getAll('relay'), invitation }
}

/** What is said of a link that cannot be what somebody made. */
export function damagedLink(reason: string): DocstoreError {
  return new DocstoreError('bad-link', `The join link is damaged (${reason}). Copy it again, all of it`)
}

function readInvitation(text: string): Invitation {
  let invitation: Invitation | undefined
  try {
    invitation = decodeInvitation(base64url.decode(text))
  } catch {
    // Not base64url.
  }
  if (invitation === undefined) throw damagedLink('the invitation cannot be read')
  return invitation
}

function checksum(fragment: string): string {
  return base64url.baseEncode(sha256(utf8(fragment))).slice(0, 8)
}
