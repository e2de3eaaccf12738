import { createHash } from 'node:crypto'
import { eventId, firstTag, fromHex, readEvent, type SchnorrVerifier } from '@p2p-docstore/core/nostr'
import type { RelayUrls } from '../auth/relay-urls.ts'
import { HTTP_AUTH_SECONDS } from '../limits.ts'

/** Kind of what shows a key to a server (NIP-98). */
const HTTP_AUTH_KIND = 27_235
/** Longest header that is read, characters. */
const MAX_HEADER_LENGTH = 8192
/** Proofs that are remembered for as long as they hold: each is good for one order. */
const MAX_SEEN = 10_000

/** What a proof is judged by. */
export interface HttpAuthInit {
  readonly verify: SchnorrVerifier
  readonly urls: () => RelayUrls
  readonly now: () => number
  /** Whether a key may order anything: proofs of others are not remembered, of which there may be any number. */
  readonly isKnown: (key: string) => boolean
}

/** Who sends an order over HTTP, by a proof that is for this order and for one time. */
export class HttpAuth {
  readonly #init: HttpAuthInit
  readonly #seen = new Map<string, number>()

  constructor(init: HttpAuthInit) {
    this.#init = init
  }

  /** The key; `undefined` where it is not shown. */
  async keyOf(authorization: string | undefined, body: string): Promise<string | undefined> {
    const encoded = /^Nostr ([A-Za-z0-9+/=_-]+)$/i.exec(authorization ?? '')?.[1]
    if (encoded === undefined || encoded.length > MAX_HEADER_LENGTH) return undefined
    const read = readEvent(parsed(Buffer.from(encoded, 'base64').toString()))
    if (!read.ok) return undefined
    const event = read.value
    const seconds = Math.floor(this.#init.now() / 1000)
    const hash = createHash('sha256').update(body).digest('hex')
    const isForThis =
      event.kind === HTTP_AUTH_KIND &&
      this.#init.isKnown(event.pubkey) &&
      Math.abs(event.created_at - seconds) <= HTTP_AUTH_SECONDS &&
      this.#init.urls().has(firstTag(event, 'u') ?? '') &&
      firstTag(event, 'method')?.toUpperCase() === 'POST' &&
      firstTag(event, 'payload')?.toLowerCase() === hash
    if (!isForThis || eventId(event) !== event.id || this.#wasSeen(event.id, seconds)) return undefined
    const [isRight] = await this.#init.verify([{ hash: fromHex(event.id), key: fromHex(event.pubkey), signature: fromHex(event.sig) }])
    if (isRight !== true || this.#wasSeen(event.id, seconds)) return undefined
    this.#seen.set(event.id, seconds)
    return event.pubkey
  }

  #wasSeen(id: string, seconds: number): boolean {
    for (const [one, at] of this.#seen) if (seconds - at > 2 * HTTP_AUTH_SECONDS) this.#seen.delete(one)
    return this.#seen.has(id) || this.#seen.size >= MAX_SEEN
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
