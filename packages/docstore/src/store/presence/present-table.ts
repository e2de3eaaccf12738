import { type Device, didOf, equalBytes, type Network, type Replica, toHex } from '@p2p-docstore/core'
import { AGE_MS, LIFE_MS, MAX_PRESENT, MAX_RATED_PEERS, RATE_MS, WORDS_PER_PEER } from './limits.ts'
import { hearPresence, personIdOf, type PresenceWord } from './presence-word.ts'
import type { Present } from './types.ts'

/** Why a word is not taken in. Stable. */
export type PresenceFault =
  | 'rate' // the peer says too much
  | 'full' // so many are shown already
  | 'other-place' // said of another place
  | 'other-peer' // said by another peer, so somebody passes on what they have heard
  | 'late' // of a time that is not now
  | 'repeated' // the peer has said something later
  | 'revoked' // the device is none of the person's any more
  | (string & {}) // what a decoder says

/** What a peer said last: it is shown, or has gone and is remembered so that no older word brings it back. */
interface Entry {
  readonly word: PresenceWord
  readonly since: number
  /** When it was heard, by the clock here. */
  readonly heardAt: number
  readonly isProven: boolean
}

export interface PresentTableInit {
  readonly replica: Pick<Replica, 'devicesOf'>
  readonly network: Network
  readonly place: string
  /** The device of this data. */
  readonly own: Uint8Array
  /** Unix milliseconds. */
  readonly now: () => number
  /** Called with a person of whose devices nothing is known here. */
  readonly onUnknown: (person: string) => void
}

/** Who is in one place, by their own words, each checked. Bounded, whatever is said. */
export class PresentTable {
  readonly #init: PresentTableInit
  /** By the ids of peers, each of which is one device: who makes up keys needs a connection for each. */
  readonly #entries = new Map<string, Entry>()
  /** How many words came of each peer since when; whose time began first comes first. */
  readonly #rates = new Map<string, { readonly since: number; count: number }>()

  constructor(init: PresentTableInit) {
    this.#init = init
  }

  /** Takes in what a peer said; resolves with what became of it: whether somebody came, changed, is still there or has gone, or why it is nothing. */
  async hear(text: string, from: string): Promise<'came' | 'changed' | 'same' | 'gone' | PresenceFault> {
    const { network, place, now } = this.#init
    if (!this.#mayHear(from)) return 'rate'
    const heard = await hearPresence(text, network)
    if (!heard.ok) return heard.reason
    const word = heard.value
    if (word.place !== place) return 'other-place'
    if (word.peer !== from) return 'other-peer'
    if (Math.abs(now() - word.at) > AGE_MS) return 'late'
    const standing = await this.#standing(word)
    if (standing === 'revoked') return standing
    const before = this.#entries.get(from)
    if (before !== undefined && before.word.at >= word.at) return 'repeated'
    this.forgetOld()
    if (before === undefined && !this.#hasRoom()) return 'full'
    if (standing === 'unknown' && word.person !== null) this.#init.onUnknown(personIdOf(word.person))
    const wasHere = before?.word.here === true
    const isProven = standing === 'proven'
    this.#entries.set(from, { word, since: wasHere ? before.since : now(), heardAt: now(), isProven })
    if (!word.here) return wasHere ? 'gone' : 'same'
    if (!wasHere) return 'came'
    const isSame = before.word.note === word.note && before.isProven === isProven && equalBytes(before.word.by, word.by)
    return isSame ? 'same' : 'changed'
  }

  /** Whether the log of the person, as far as it is here, has this device. */
  async #standing({ person, by }: PresenceWord): Promise<'proven' | 'unknown' | 'revoked'> {
    if (person === null) return 'proven'
    const devices: readonly Device[] | undefined = await this.#init.replica.devicesOf(person)
    const device = devices?.find(({ key }) => equalBytes(key, by))
    // It may have been added since.
    if (device === undefined) return 'unknown'
    return device.until === undefined && device.void !== true ? 'proven' : 'revoked'
  }

  /** Lets go of who has not been heard for long; resolves with whether anybody is shown no more. */
  forgetOld(): boolean {
    const now = this.#init.now()
    let isAny = false
    for (const [key, { word, heardAt }] of this.#entries) {
      if (word.here && now - heardAt > LIFE_MS) {
        isAny = true
        this.#entries.set(key, { word: { ...word, here: false }, since: heardAt, heardAt, isProven: false })
      }
      // Until then an older word of it could still pass as one of now.
      if (now - heardAt > 2 * AGE_MS) this.#entries.delete(key)
    }
    return isAny
  }

  /** Who has gone makes room for who comes. */
  #hasRoom(): boolean {
    if (this.#entries.size < MAX_PRESENT) return true
    const gone = [...this.#entries].find(([, { word }]) => !word.here)
    return gone !== undefined && this.#entries.delete(gone[0])
  }

  /** Who is here, in the order in which they came; a device once, however many peers it has. */
  list(): readonly Present[] {
    const devices = new Map([...this.#entries.values()].filter(({ word }) => word.here).map((entry) => [toHex(entry.word.by), entry]))
    return [...devices.values()]
      .toSorted((a, b) => a.since - b.since)
      .map(({ word, since, isProven }) => {
        const device = didOf(word.by)
        const person = word.person === null ? undefined : personIdOf(word.person)
        return {
          who: isProven ? (person ?? device) : device,
          device,
          ...(isProven || person === undefined ? {} : { claims: person }),
          isMe: equalBytes(word.by, this.#init.own),
          ...(word.note === null ? {} : { note: word.note }),
          since: new Date(since).toISOString(),
        }
      })
  }

  #mayHear(peer: string): boolean {
    const now = this.#init.now()
    const rate = this.#rates.get(peer)
    if (rate !== undefined && now - rate.since < RATE_MS) return ++rate.count <= WORDS_PER_PEER
    this.#rates.delete(peer)
    this.#rates.set(peer, { since: now, count: 1 })
    for (const oldest of this.#rates.keys()) {
      if (this.#rates.size <= MAX_RATED_PEERS) break
      this.#rates.delete(oldest)
    }
    return true
  }
}
