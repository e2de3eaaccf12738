import { type CID, DAG_CBOR, parseCid } from '../../model/encoding/cid.ts'
import { usernameFault } from './username.ts'

/** Longest name of a domain (RFC 1035, §2.3.4). */
const MAX_DOMAIN = 253
/** A domain in ASCII, with a point in it. */
const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/
/** Largest file of names, bytes. */
export const MAX_NAMES_FILE_BYTES: number = 64 * 1024
/** Where a domain says who its names are. */
export const NAMES_PATH = '/.well-known/docstore-names.json'

/** A name that a domain answers for. */
export interface DomainName {
  readonly name: string
  /** In ASCII, in small letters; a port only where tests and networks at home need one. */
  readonly domain: string
}

/**
 * Reads `alice@example.org`; nothing where it is none. A domain in other letters has to be written in ASCII (`xn--…`), so that no letter passes for another one. With `anyHost` also
 * `alice@localhost:8080`, for networks of one house.
 */
export function readDomainName(text: string, { anyHost = false }: { readonly anyHost?: boolean } = {}): DomainName | undefined {
  const [name, domain, ...more] = text
    .trim()
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .split('@')
  if (name === undefined || domain === undefined || more.length > 0 || domain.length > MAX_DOMAIN) return undefined
  const fault = usernameFault(name)
  // What is reserved in networks is the domain's to give: info@example.org.
  if (fault !== undefined && fault !== 'reserved') return undefined
  if (!DOMAIN.test(domain) && !(anyHost && /^[a-z0-9.-]+(:[0-9]{1,5})?$/.test(domain))) return undefined
  return { name, domain }
}

/** How such a name is written. */
export function showDomainName({ name, domain }: DomainName): string {
  return `${name}@${domain}`
}

/** Who a domain's file says that a name is, `{"names": {"alice": "<id of the person>"}}`; nothing where it says nothing that can be read. Other fields are ignored. */
export function personInFile(text: string, name: string): CID | undefined {
  if (text.length > MAX_NAMES_FILE_BYTES) return undefined
  try {
    const file: unknown = JSON.parse(text)
    const names: unknown = typeof file === 'object' && file !== null && 'names' in file ? file.names : undefined
    // Not through the prototype: `constructor` is a name.
    const id: unknown = typeof names === 'object' && names !== null && Object.hasOwn(names, name) ? Reflect.get(names, name) : undefined
    return typeof id === 'string' ? parseCid(DAG_CBOR, id) : undefined
  } catch {
    return undefined
  }
}
