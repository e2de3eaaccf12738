import { sha256 } from '#crypto'
import { compareBytes } from '../bytes.ts'
import { ByteNumbers, BytesMap } from '../bytes-map.ts'
import { AUTHOR_BYTES } from '../keys/identity.ts'
import type { ActGraph } from './act-graph.ts'
import type { DecodedPerson } from './person.ts'
import type { LogRules } from './standing.ts'

/** A recovery key, from the act by which it proved itself (-1: the genesis named it) to the one by which another took its place (-1: none). */
interface Reign {
  readonly key: number | undefined
  readonly commitment: Uint8Array
  readonly from: number
  readonly to: number
}

/** Stands for a key that signs nothing. */
const NOBODY = -1

/** Who acts in the log of a person: devices, and recovery keys, of which one follows another. */
export class PersonLog implements LogRules {
  readonly #person: DecodedPerson
  readonly #graph: ActGraph
  /** A number for each key that signs or is named. */
  readonly #keys = new ByteNumbers()
  readonly #subjects: number[]
  readonly #first: number
  /** Who signed acts for which nobody let them act. */
  readonly #unled = new Set<number>()
  readonly #reigns: readonly Reign[]
  readonly #reignOf: ReadonlyMap<number, Reign>
  /** Needed where several keys followed one. */
  #witnesses: readonly number[] | undefined

  constructor(person: DecodedPerson, graph: ActGraph) {
    this.#person = person
    this.#graph = graph
    this.#subjects = graph.acts.map(({ act }) => this.#keys.of(act.by))
    this.#first = this.#keys.of(person.genesis.device)
    this.#reigns = this.#findReigns()
    this.#reignOf = new Map(this.#reigns.map((reign) => [reign.key ?? NOBODY, reign]))
  }

  /** Takes up an act that was added to the graph. False where it can change which recovery key follows which. */
  grow(i: number): boolean {
    const { act } = this.#graph.acts[i] ?? {}
    if (act === undefined) return false
    const subject = this.#keys.of(act.by)
    this.#subjects.push(subject)
    const isKnown = act.via !== undefined || act.by.length !== AUTHOR_BYTES || this.#unled.has(subject)
    return isKnown && this.#witnesses === undefined && ['add', 'revoke', 'label'].includes(act.do.type)
  }

  get recovery(): Uint8Array {
    return this.#reigns.at(-1)?.commitment ?? this.#person.genesis.recovery
  }

  /** What the recovery key of now has named. */
  proposed(standing: readonly number[]): readonly Uint8Array[] {
    const key = this.#reigns.at(-1)?.key
    const all = new Map<number, Uint8Array>()
    const hashes = new ByteNumbers()
    for (const i of standing) {
      const content = this.#graph.acts[i]?.act.do
      if (content?.type === 'rotate' && this.#subjects[i] === key) all.set(hashes.of(content.next), content.next)
    }
    return [...all.values()].sort(compareBytes)
  }

  rank(i: number): 'chief' | 'other' | 'void' {
    const signed = this.#graph.acts[i]
    if (signed === undefined || signed.act.by.length !== AUTHOR_BYTES) return 'void'
    const { type } = signed.act.do
    const reign = this.#reignOf.get(this.subject(i))
    if (reign === undefined) return ['add', 'revoke', 'label'].includes(type) ? 'other' : 'void'
    if (signed.act.via !== undefined) return 'void'
    const isBegun = reign.from < 0 || i === reign.from || this.#graph.isBefore(reign.from, i)
    const isEnded = reign.to >= 0 && !this.#graph.isBefore(i, reign.to)
    const isOfPerson = ['add', 'revoke', 'label', 'rotate'].includes(type) || i === reign.from
    return isBegun && !isEnded && isOfPerson ? 'chief' : 'void'
  }

  subject(i: number): number {
    return this.#subjects[i] ?? NOBODY
  }

  removes(i: number): number | undefined {
    const content = this.#graph.acts[i]?.act.do
    return content?.type === 'revoke' ? this.#keys.of(content.key) : undefined
  }

  allows(i: number, via: number): boolean {
    const signer = this.subject(i)
    const giver = this.#graph.acts[via]?.act.do
    return giver === undefined ? signer === this.#first : giver.type === 'add' && this.#keys.of(giver.key) === signer
  }

  /** A key that was revoked does not come back. */
  bars(i: number): number | undefined {
    const content = this.#graph.acts[i]?.act.do
    return content?.type === 'add' ? this.#keys.of(content.key) : undefined
  }

  /**
   * From the genesis on: each recovery key names hashes of others, and the one of these that proved itself after that follows it. Of several, one that a device has
   * witnessed: who has nothing but words that were replaced cannot have that; then the act with the lowest hash.
   */
  #findReigns(): readonly Reign[] {
    const actsOf = new Map<number, number[]>()
    const keyOfHash = new BytesMap<number>()
    for (const [i, { act }] of this.#graph.acts.entries()) {
      // Nothing else that a recovery key signs decides who follows whom.
      if (act.via !== undefined || act.by.length !== AUTHOR_BYTES) continue
      const signer = this.subject(i)
      this.#unled.add(signer)
      const known = actsOf.get(signer)
      if (known === undefined) {
        actsOf.set(signer, [i])
        keyOfHash.set(sha256(act.by), signer)
      } else known.push(i)
    }
    const reigns: Reign[] = []
    const former = new Set<number>()
    let commitment = this.#person.genesis.recovery
    let from = -1
    for (;;) {
      const key = keyOfHash.get(commitment)
      if (key !== undefined) former.add(key)
      const next = this.#follower(actsOf.get(key ?? NOBODY) ?? [], from, { actsOf, keyOfHash, former })
      reigns.push({ key, commitment, from, to: next?.from ?? -1 })
      if (next === undefined) return reigns
      ;({ commitment, from } = next)
    }
  }

  #follower(own: readonly number[], from: number, { actsOf, keyOfHash, former }: Signers): Follower | undefined {
    const graph = this.#graph
    const found: Follower[] = []
    for (const rotation of own) {
      const content = graph.acts[rotation]?.act.do
      if (content?.type !== 'rotate' || (from >= 0 && !graph.isBefore(from, rotation))) continue
      const key = keyOfHash.get(content.next)
      if (key === undefined || former.has(key)) continue
      for (const proof of actsOf.get(key) ?? []) {
        const hash = graph.acts[proof]?.hash
        if (hash === undefined || graph.acts[proof]?.act.do.type !== 'confirm' || !graph.isBefore(rotation, proof)) continue
        found.push({ commitment: content.next, from: proof, hash })
      }
    }
    if (found.length < 2) return found[0]
    const witnesses = (this.#witnesses ??= this.#findWitnesses())
    const witnessed = found.filter(({ from: proof }) => witnesses.some((i) => graph.isBefore(proof, i)))
    return (witnessed.length > 0 ? witnessed : found).reduce((best, one) => (compareBytes(one.hash, best.hash) < 0 ? one : best))
  }

  /**
   * Acts of devices that the first one let in, or one that it did, and whom none of these has revoked. Nothing counts here that a recovery key did: two of these
   * are to be told apart by it.
   */
  #findWitnesses(): readonly number[] {
    const { acts } = this.#graph
    const rooted: number[] = []
    const isRooted = new Uint8Array(acts.length)
    const revoked = new Set<number>()
    for (const [i, { act }] of acts.entries()) {
      if (act.by.length !== AUTHOR_BYTES || !['add', 'revoke', 'label'].includes(act.do.type)) continue
      const giver = this.#graph.number(act.via)
      if (act.via !== undefined && (isRooted[giver] !== 1 || !this.#graph.isBefore(giver, i))) continue
      if (!this.allows(i, giver)) continue
      isRooted[i] = 1
      rooted.push(i)
      const removed = this.removes(i)
      if (removed !== undefined && removed !== this.subject(i)) revoked.add(removed)
    }
    return rooted.filter((i) => !revoked.has(this.subject(i)))
  }
}

/** A recovery key that proved itself. */
interface Follower {
  readonly commitment: Uint8Array
  /** The act by which it did, and its hash. */
  readonly from: number
  readonly hash: Uint8Array
}

interface Signers {
  readonly actsOf: ReadonlyMap<number, readonly number[]>
  readonly keyOfHash: BytesMap<number>
  readonly former: ReadonlySet<number>
}
