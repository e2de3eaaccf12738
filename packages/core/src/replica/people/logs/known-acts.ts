import { sha256 } from '#crypto'
import { toHex } from '../../../model/bytes.ts'
import type { SignedAct } from '../../../model/people/act.ts'
import { keyOf } from '../../../model/people/author.ts'

/** Acts of one log, each after its parents: all that its tips stand for. */
export class KnownActs {
  /** Those that were here before; they stay as they are. */
  readonly #before: KnownActs | undefined
  readonly #acts: SignedAct[] = []
  /** By act: the numbers of its parents among `acts`. */
  readonly #parents: (readonly number[])[] = []
  readonly #numbers = new Map<string, number>()
  readonly #tips = new Map<string, Uint8Array>()
  /** Hashes of keys that were named as recovery keys, with those of the keys that named them. */
  readonly #recoveries = new Map<string, Set<string>>()
  /** Keys that were added as devices, whether that counts or not, with the keys that did it without having been added themselves: the first device, or a recovery key. */
  readonly #devices = new Map<string, Set<string>>()

  constructor(acts: Iterable<SignedAct> = [], before?: KnownActs) {
    this.#before = before
    for (const act of acts) this.add(act)
  }

  /** In the order in which they came here; without those that were here before. */
  get acts(): readonly SignedAct[] {
    return this.#acts
  }

  /** How many there are, with those that were here before. */
  get size(): number {
    return (this.#before?.size ?? 0) + this.#acts.length
  }

  /** Hashes of the acts that no other act follows. */
  get tips(): readonly Uint8Array[] {
    return [...this.#tips.values()]
  }

  get(hash: Uint8Array): SignedAct | undefined {
    return this.#find(toHex(hash))
  }

  #find(hex: string): SignedAct | undefined {
    const number = this.#numbers.get(hex)
    if (number !== undefined) return this.#acts[number]
    return this.#before === undefined ? undefined : this.#before.#find(hex)
  }

  /** Whether all acts are here that an act names: what comes without them cannot be placed. */
  canPlace({ act: { parents, via } }: SignedAct): boolean {
    return parents.every((hash) => this.get(hash) !== undefined) && (via === undefined || this.get(via) !== undefined)
  }

  /** What the tips are once these have been added, each after its parents. */
  tipsWith(acts: readonly SignedAct[]): readonly Uint8Array[] {
    const followed = new Set(acts.flatMap(({ act: { parents } }) => parents.map(toHex)))
    const tips: Uint8Array[] = []
    for (const [hex, hash] of this.#tips) if (!followed.has(hex)) tips.push(hash)
    for (const { hash } of acts) if (!followed.has(toHex(hash))) tips.push(hash)
    return tips
  }

  add(act: SignedAct): void {
    const hex = toHex(act.hash)
    this.#numbers.set(hex, this.#acts.length)
    this.#acts.push(act)
    this.#parents.push(act.act.parents.flatMap((hash) => this.#numbers.get(toHex(hash)) ?? []))
    for (const parent of act.act.parents) this.#tips.delete(toHex(parent))
    this.#tips.set(hex, act.hash)
    const { do: content, by, via } = act.act
    if (content.type === 'add') {
      const added = this.#devices.get(toHex(content.key)) ?? new Set()
      this.#devices.set(toHex(content.key), via === undefined ? added.add(toHex(keyOf(by))) : added)
    }
    if (content.type !== 'rotate' || via !== undefined) return
    const next = toHex(content.next)
    const namers = this.#recoveries.get(next) ?? new Set()
    this.#recoveries.set(next, namers.add(toHex(sha256(keyOf(by)))))
  }

  /** Whether a key was ever added as a device: what is added later or never counts says nothing else. */
  addsDevice(key: Uint8Array): boolean {
    return this.#devices.has(toHex(key)) || this.#before?.addsDevice(key) === true
  }

  /** Whether a key was added by a recovery key, where `first` is the first device: nobody else adds without having been added. */
  isLetInByRecovery(key: Uint8Array, first: Uint8Array): boolean {
    const own = [...(this.#devices.get(toHex(key)) ?? [])].some((by) => by !== toHex(first))
    return own || this.#before?.isLetInByRecovery(key, first) === true
  }

  /** Whether the recovery key with the first hash was named to follow that with the second one, or one that follows it. */
  isRecoveryAfter(commitment: Uint8Array, first: Uint8Array): boolean {
    const [wanted, found] = [toHex(first), new Set([toHex(commitment)])]
    // It grows while it is walked through.
    for (const one of found) {
      if (one === wanted) return true
      for (const namer of this.#namersOf(one)) found.add(namer)
    }
    return false
  }

  #namersOf(recovery: string): readonly string[] {
    const before = this.#before === undefined ? [] : this.#before.#namersOf(recovery)
    return [...(this.#recoveries.get(recovery) ?? []), ...before]
  }

  /** Takes acts behind these, which stay as they are: to look at what more acts would make of them. */
  draft(): KnownActs {
    return new KnownActs([], this)
  }

  /** Acts that neither are among these nor lie before them, in their order. Hashes that are not here say nothing. */
  after(hashes: readonly Uint8Array[]): readonly SignedAct[] {
    const known = new Uint8Array(this.#acts.length)
    let left = 0
    for (const hash of hashes) {
      const number = this.#numbers.get(toHex(hash))
      if (number === undefined || known[number] === 1) continue
      known[number] = 1
      left++
    }
    // Each lies behind its parents.
    for (let i = known.length - 1; i >= 0 && left > 0; i--) {
      if (known[i] !== 1) continue
      left--
      for (const parent of this.#parents[i] ?? []) {
        if (known[parent] === 1) continue
        known[parent] = 1
        left++
      }
    }
    return this.#acts.filter((_, i) => known[i] !== 1)
  }
}
