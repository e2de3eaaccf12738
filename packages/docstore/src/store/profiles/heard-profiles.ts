import { fromUtf8, type NamespaceInfo, type ProfileFacts, type Replica, utf8 } from '@p2p-docstore/core'
import { ABSENT_FRESH_MS, FRESH_MS, MAX_KNOWN } from './limits.ts'
import type { DynamicProfile } from './types.ts'

/** Begins the names of values in which is kept what was heard of people. */
const HEARD = 'profile-heard/'

/** What was heard of somebody. */
export interface Heard {
  /** Number of the head that said it; -1 where nobody who was asked had a profile of his. */
  readonly seq: number
  readonly facts: ProfileFacts
  /** Where his profile was looked at whole. */
  readonly dynamic?: DynamicProfile
  /** Unix milliseconds. */
  readonly at: number
}

/** What was heard of people whose profiles are not kept here, on disk and in memory. Bounded. */
export class HeardProfiles {
  readonly #replica: Pick<Replica, 'getMeta' | 'setMeta' | 'listMeta'>
  readonly #heard = new Map<string, Heard>()

  constructor(replica: Pick<Replica, 'getMeta' | 'setMeta' | 'listMeta'>) {
    this.#replica = replica
  }

  async load(): Promise<void> {
    for (const [key, value] of await this.#replica.listMeta(HEARD)) {
      const heard = JSON.parse(fromUtf8(value) ?? 'null') as Heard | null
      if (heard !== null) this.#heard.set(key.slice(HEARD.length), heard)
    }
  }

  get(person: string): Heard | undefined {
    return this.#heard.get(person)
  }

  people(): Iterable<string> {
    return this.#heard.keys()
  }

  isFresh(person: string, now: number): boolean {
    const heard = this.#heard.get(person)
    return heard !== undefined && now - heard.at < (heard.seq < 0 ? ABSENT_FRESH_MS : FRESH_MS)
  }

  /** Notes what somebody's profile says, or that nobody has one of his; resolves with whether that is news. A head that is older than what is known changes nothing. */
  async note(
    person: string,
    told: { readonly info: NamespaceInfo; readonly seq: number } | undefined,
    now: number,
    dynamic?: DynamicProfile,
  ): Promise<boolean> {
    const before = this.#heard.get(person)
    const seq = told?.seq ?? -1
    const isOlder = before !== undefined && seq < before.seq
    const kept = dynamic ?? before?.dynamic
    const facts = isOlder ? before.facts : (told?.info.profile ?? {})
    const heard: Heard = { seq: isOlder ? before.seq : seq, facts, at: now, ...(kept === undefined ? {} : { dynamic: kept }) }
    // Last in the order of the map is who was heard of last.
    this.#heard.delete(person)
    this.#heard.set(person, heard)
    await this.#replica.setMeta(HEARD + person, utf8(JSON.stringify(heard)))
    const [oldest] = this.#heard.keys()
    if (this.#heard.size > MAX_KNOWN && oldest !== undefined) {
      this.#heard.delete(oldest)
      await this.#replica.setMeta(HEARD + oldest, undefined)
    }
    return before === undefined || before.seq !== heard.seq || JSON.stringify(before.facts) !== JSON.stringify(facts)
  }
}
