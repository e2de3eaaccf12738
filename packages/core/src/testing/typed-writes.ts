import { errorCode } from '../errors.ts'
import { canonicalJson } from '../model/content.ts'
import { authorName } from '../model/people/author.ts'
import { crdtPartId } from '../model/types/crdt-part-id.ts'
import { logId } from '../model/types/log-id.ts'
import type { Replica } from '../replica/types.ts'
import type { SeededRandom } from './random.ts'
import type { TestPeer } from './test-peer.ts'

export const MAP = 'people'
export const LOG = 'chat'
export const PARTS = 'texts'

/** Fields that one peer writes in a document of a map: of eight peers, no more than one may have. */
const FIELDS = 8
/** Documents of maps, and parts of shared documents. */
const DOCUMENTS = 3

/** What was acknowledged in one namespace. */
interface Acknowledged {
  /** Values by `document field`; each peer has fields of its own. */
  readonly fields: Map<string, number>
  /** Numbers of entries that have to be there. */
  readonly entries: Set<number>
  /** Those of which nobody was told whether they are there. */
  readonly unknown: Set<number>
}

/** Random writes to maps, logs and shared documents, and at the end a look at whether nothing of them is lost. */
export class TypedWrites {
  readonly #random: SeededRandom
  readonly #acknowledged = new Map<string, Acknowledged>()
  #count = 0

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** Writes something, through a door to the peer's replica where that can be closed in between. */
  async write(peer: TestPeer, ns: string, door: Pick<Replica, 'write'>): Promise<void> {
    const known = this.#acknowledged.get(ns) ?? { fields: new Map(), entries: new Set(), unknown: new Set() }
    this.#acknowledged.set(ns, known)
    const what = this.#random.below(4)
    if (what === 0) await this.#put(peer, ns, known)
    else if (what === 1) await this.#delete(peer, ns, known)
    else if (what === 2) await this.#append(peer, ns, door, known)
    else await this.#part(peer, ns, door)
  }

  /** A field of one's own, beside what was read or as if nothing had been. */
  async #put({ replica, name, identity }: TestPeer, ns: string, { fields }: Acknowledged): Promise<void> {
    const isAuthors = (await replica.namespace(ns))?.write === 'author'
    const id = `${isAuthors ? `${authorName(identity.author)}/` : ''}${this.#random.below(DOCUMENTS)}`
    const field = `${name}-${this.#random.below(FIELDS)}`
    const value = this.#count++
    const was = this.#random.chance(0.5) ? ((await replica.get(ns, MAP, id)) ?? null) : null
    const content = canonicalJson({ ...(was === null ? {} : JSON.parse(was)), _id: id, [field]: value })
    await replica.write(ns, MAP, [{ id, content, was }])
    fields.set(`${id} ${field}`, value)
  }

  async #append(peer: TestPeer, ns: string, door: Pick<Replica, 'write'>, { entries, unknown }: Acknowledged): Promise<void> {
    const n = this.#count++
    const nonce = `0000000${'0123456789ABCDEFGHJKMNPQRSTVWXYZ'[this.#random.below(32)]}`
    const id = logId(await peer.replica.entryTime(ns, LOG, 1), peer.identity.author, nonce)
    unknown.add(n)
    try {
      await door.write(ns, LOG, [{ id, content: canonicalJson({ _id: id, n }) }])
      unknown.delete(n)
      entries.add(n)
    } catch (error) {
      // It was written by a leader that has gone, and has got another id with a right time.
      if (errorCode(error) !== 'conflict') throw error
    }
  }

  /** An entry of one's own, where there is one; that of another is left. */
  async #delete({ replica, identity }: TestPeer, ns: string, { entries, unknown }: Acknowledged): Promise<void> {
    const { contents } = await replica.find(ns, LOG, { limit: 1000 })
    if (contents.length === 0) return
    const { _id: id, n } = JSON.parse(this.#random.pick(contents)) as { _id: string; n: number }
    const result = await replica.write(ns, LOG, [{ id, content: null }]).then(([one]) => one?.status, errorCode)
    if (!id.endsWith(authorName(identity.author)) !== (result === 'not-allowed')) throw new Error(`Deleting ${id} gave ${result}`)
    if (result !== 'written') return
    entries.delete(n)
    unknown.delete(n)
  }

  /** What it says is nothing that others look at. */
  async #part({ identity }: TestPeer, ns: string, door: Pick<Replica, 'write'>): Promise<void> {
    const place = { document: `${this.#random.below(DOCUMENTS)}`, author: authorName(identity.author), writer: '0123456789abcdef', number: 0 }
    const id = crdtPartId(place)
    await door.write(ns, PARTS, [{ id, content: canonicalJson({ _id: id, of: place.document, update: `AAA${this.#count++}` }) }])
  }

  /** Throws where a peer lacks what was acknowledged, or has what nobody wrote. */
  async check({ replica, name }: TestPeer, ns: string): Promise<void> {
    const known = this.#acknowledged.get(ns)
    if (known === undefined) return
    for (const [key, value] of known.fields) {
      const [id = '', field = ''] = key.split(' ')
      const document = JSON.parse((await replica.get(ns, MAP, id)) ?? '{}') as Record<string, unknown>
      if (document[field] !== value) throw new Error(`${name} has ${JSON.stringify(document)} as ${id}, without ${value} in ${field}`)
    }
    const { contents } = await replica.find(ns, LOG, { limit: 10_000 })
    const numbers = new Set(contents.map((content) => (JSON.parse(content) as { n: number }).n))
    for (const n of known.entries) if (!numbers.has(n)) throw new Error(`${name} lacks entry ${n}`)
    for (const n of numbers) if (!known.entries.has(n) && !known.unknown.has(n)) throw new Error(`${name} has entry ${n}, which was deleted`)
  }
}
