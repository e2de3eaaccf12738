import { base32, base32upper } from 'multiformats/bases/base32'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { base64url } from 'multiformats/bases/base64'
import { CID } from 'multiformats/cid'
import { DAG_PB } from '../../files/file-cid.ts'
import { cidText, DAG_JSON, RAW } from './cid.ts'

/** Content as somebody may ask for it: by the one text that its CID has here, or already there, because the CID has its bytes in itself. */
export type ContentCid = {
  /** A document, the bytes of a small file or a piece of a larger one, or a node above pieces. */
  readonly kind: 'document' | 'raw' | 'node'
  readonly cid: string
} & ({ readonly bytes?: never } | { readonly bytes: Uint8Array })

const KINDS: ReadonlyMap<number, ContentCid['kind']> = new Map([
  [DAG_JSON, 'document'],
  [RAW, 'raw'],
  [DAG_PB, 'node'],
])
const IDENTITY = 0x00
const SHA2_256 = 0x12
const SHA256_BYTES = 32
/** Bytes that a CID may have in itself. */
const MAX_IDENTITY_BYTES = 128
/** Longest text of such a CID, in the base that takes most room, with what may stand before it. */
const MAX_LENGTH = 512
/** What IPFS tools write before a CID. */
const BEFORE = /^(?:ipfs:\/\/|\/ipfs\/)/
const ANY_BASE = base32.decoder.or(base58btc.decoder).or(base36.decoder).or(base32upper.decoder).or(base64url.decoder)

/** Reads a CID of content in any of its texts: of version 0 or 1, in the bases that IPFS tools write, as `ipfs://…` too. `undefined` where it is none, or none of content that can be here. */
export function readContentCid(text: string): ContentCid | undefined {
  if (text.length > MAX_LENGTH) return undefined
  try {
    const bare = text.trim().replace(BEFORE, '')
    const { code, multihash } = bare.startsWith('Qm') ? CID.parse(bare) : CID.parse(bare, ANY_BASE)
    const kind = KINDS.get(code)
    if (kind === undefined) return undefined
    if (multihash.code === IDENTITY)
      return multihash.digest.length <= MAX_IDENTITY_BYTES && kind !== 'node'
        ? { kind, cid: CID.createV1(code, multihash).toString(), bytes: multihash.digest }
        : undefined
    return multihash.code === SHA2_256 && multihash.digest.length === SHA256_BYTES ? { kind, cid: cidText(code, multihash.digest) } : undefined
  } catch {
    // What the parser throws says how the text breaks the form; that it is none is all that matters.
    return undefined
  }
}
