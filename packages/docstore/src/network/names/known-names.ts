import { decodeCbor, encodeCbor, isBytes, type Network, type Replica, type Signed } from '@p2p-docstore/core'
import { readVerified, skeleton, type VerifiedStatement } from '@p2p-docstore/core/people/names'
import { MAX_KNOWN_NAMES, MAX_NAMES_FRAME_BYTES } from './limits.ts'
import { personsOf } from './acts-for.ts'
import { ABOUT, ALIKE, claimedByPrefix } from './name-keys.ts'

/** How many names there are of which something is kept. */
const COUNT = 'name-count'

type Values = Pick<Replica, 'getMeta' | 'setMeta' | 'listMeta'>

/** What was said about usernames, on disk: statements whose signatures were checked before. */
export class KnownNames {
  readonly #values: Values
  readonly #network: Network

  constructor(values: Values, network: Network) {
    this.#values = values
    this.#network = network
  }

  /** All statements about a name that are here. */
  async about(name: string): Promise<readonly VerifiedStatement[]> {
    const stored = await this.#values.getMeta(ABOUT + name)
    return stored === undefined ? [] : readStored(stored, this.#network)
  }

  /** Names that look like one, itself left out. */
  async alike(name: string): Promise<readonly string[]> {
    return (await this.#list(`${ALIKE}${skeleton(name)}/`)).filter((one) => one !== name)
  }

  /** Names that a person ever claimed. Whether they have them is said by what is about these. */
  async claimedBy(person: Uint8Array): Promise<readonly string[]> {
    return this.#list(claimedByPrefix(person))
  }

  async #list(prefix: string): Promise<readonly string[]> {
    return (await this.#values.listMeta(prefix)).map(([key]) => key.slice(prefix.length))
  }

  /** Whether there is no room for another name. */
  async isFull(): Promise<boolean> {
    return (await this.#count()) >= MAX_KNOWN_NAMES
  }

  async #count(): Promise<number> {
    const stored = await this.#values.getMeta(COUNT)
    const decoded = stored && decodeCbor(stored, 16)
    return decoded?.ok === true ? Number(decoded.value) : 0
  }

  /** Puts these in the place of all that is known about a name; one call at a time. Where this process is killed then, they are there; with `flushed`, also after a power cut. */
  async put(name: string, statements: readonly VerifiedStatement[], { flushed = false }: { readonly flushed?: boolean } = {}): Promise<void> {
    const isNew = (await this.#values.getMeta(ABOUT + name)) === undefined
    // First what leads to it: a way to nowhere does no harm.
    for (const key of keysOf(name, statements)) await this.#values.setMeta(key, new Uint8Array())
    if (isNew) await this.#values.setMeta(COUNT, encodeCbor((await this.#count()) + 1))
    await this.#values.setMeta(ABOUT + name, encodeCbor(statements.map(({ signed }) => [signed.bytes, signed.signature])), { flushed })
  }

  /** Forgets all about a name. */
  async forget(name: string): Promise<void> {
    const statements = await this.about(name)
    if ((await this.#values.getMeta(ABOUT + name)) === undefined) return
    await this.#values.setMeta(ABOUT + name, undefined)
    await this.#values.setMeta(COUNT, encodeCbor(Math.max(0, (await this.#count()) - 1)))
    for (const key of keysOf(name, statements)) await this.#values.setMeta(key, undefined)
  }

  /** Any names of which something is here, one at least where there is one. */
  async some(): Promise<readonly string[]> {
    const first = await this.#values.listMeta(`${ALIKE}${'abcdefghijklmnopqrstuvwxyz0123456789'[Math.floor(Math.random() * 36)]}`)
    const keys = first.length > 0 ? first : await this.#values.listMeta(ALIKE)
    return keys.map(([key]) => key.slice(key.lastIndexOf('/') + 1))
  }
}

function keysOf(name: string, statements: readonly VerifiedStatement[]): readonly string[] {
  const claims = statements.filter(({ value }) => value.t === 'name-claim')
  return [`${ALIKE}${skeleton(name)}/${name}`, ...personsOf(claims).map((person) => claimedByPrefix(person) + name)]
}

/** What another network was told is left out: data may have moved from there. */
function readStored(stored: Uint8Array, network: Network): readonly VerifiedStatement[] {
  const decoded = decodeCbor(stored, MAX_NAMES_FRAME_BYTES)
  if (!decoded.ok || !Array.isArray(decoded.value)) return []
  return decoded.value.flatMap((pair: unknown): VerifiedStatement[] => {
    const [bytes, signature] = Array.isArray(pair) ? (pair as readonly unknown[]) : []
    if (!isBytes(bytes) || !isBytes(signature)) return []
    const signed: Signed = { bytes, signature }
    const read = readVerified(signed, network)
    return read.ok ? [read.value] : []
  })
}
