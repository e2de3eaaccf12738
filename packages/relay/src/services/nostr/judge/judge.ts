import { expirationOf, isProtected, kindClass, type NostrEvent, VANISH, vanishRelays } from '@p2p-docstore/core/nostr'
import { hostOf } from 'p2p-docstore'
import type { Lists } from '../admin/lists.ts'
import type { RelayUrls } from '../auth/relay-urls.ts'
import { isLoopback } from '../connection/places.ts'
import type { NostrConfig } from '../settings.ts'
import { Bucket, Buckets } from './bucket.ts'
import { targetOf, workOf } from './work.ts'

/** Lists may have that many tags whatever the settings say. */
const MAX_LIST_TAGS = 10_000
/** Events that are for one relay or server alone, and prove who is there (NIP-42, NIP-98). */
const PROOFS: readonly number[] = [22_242, 27_235]
/** Notes that say again what another event says, with that event in them (NIP-18). */
const REPOSTS: readonly number[] = [6, 16]

/** Who brings an event. */
export interface Bringer {
  readonly address: string
  /** Keys that it has shown to have. */
  readonly keys: ReadonlySet<string>
  readonly bucket: Bucket
}

/** What a judge stands on. */
export interface JudgeInit {
  readonly config: NostrConfig
  readonly lists: Lists
  readonly urls: () => RelayUrls
  /** Milliseconds. */
  readonly now: () => number
}

/** Says of events whether they are taken, before their signatures are checked, which costs the most. */
export class Judge {
  readonly #init: JudgeInit
  readonly #byKey: Buckets
  readonly #byHost: Buckets

  constructor(init: JudgeInit) {
    this.#init = init
    const { eventsPerSecond, eventsAtOnce } = init.config
    this.#byKey = new Buckets(() => new Bucket(eventsPerSecond, eventsAtOnce, init.now))
    this.#byHost = new Buckets(() => new Bucket(eventsPerSecond * 4, eventsAtOnce * 4, init.now))
  }

  /** A bucket for what one client sends. */
  bucket(): Bucket {
    const { eventsPerSecond, eventsAtOnce } = this.#init.config
    return new Bucket(eventsPerSecond, eventsAtOnce, this.#init.now)
  }

  /** Why an event of this many bytes is not taken, with the prefix of NIP-01; `undefined` where it is. */
  fault(event: NostrEvent, bytes: number, bringer: Bringer): string | undefined {
    return (
      this.#sizeFault(event, bytes) ??
      this.#timeFault(event) ??
      this.#workFault(event) ??
      this.#listFault(event, bringer) ??
      this.#vanishFault(event) ??
      this.#protectedFault(event, bringer) ??
      this.#rateFault(bringer)
    )
  }

  #sizeFault({ kind, tags }: NostrEvent, bytes: number): string | undefined {
    const { eventBytes, listBytes, tags: mostTags } = this.#init.config
    const isList = kindClass(kind) === 'addressable' || (kindClass(kind) === 'replaceable' && kind !== 0)
    const [maxBytes, maxTags] = isList ? [listBytes, Math.max(mostTags, MAX_LIST_TAGS)] : [eventBytes, mostTags]
    if (bytes > maxBytes) return `invalid: too large for kind ${kind}, ${bytes}>${maxBytes} bytes`
    return tags.length > maxTags ? `invalid: too many tags for kind ${kind}, ${tags.length}>${maxTags}` : undefined
  }

  #timeFault(event: NostrEvent): string | undefined {
    const { secondsAhead, secondsBehind } = this.#init.config
    const seconds = Math.floor(this.#init.now() / 1000)
    const { created_at: at } = event
    if (at > seconds + secondsAhead) return `invalid: created_at lies too far ahead, ${at - seconds}>${secondsAhead} seconds`
    if (secondsBehind > 0 && at < seconds - secondsBehind) return `invalid: created_at lies too far behind, ${seconds - at}>${secondsBehind} seconds`
    const expiry = expirationOf(event)
    return expiry !== undefined && expiry <= seconds ? 'invalid: the event has expired' : undefined
  }

  #workFault({ id, tags }: NostrEvent): string | undefined {
    const { workBits } = this.#init.config
    if (workBits === 0) return undefined
    if (workOf(id) < workBits) return `pow: ${workOf(id)}<${workBits} bits of work`
    return (targetOf(tags) ?? 0) < workBits ? `pow: the event was not meant to have ${workBits} bits of work` : undefined
  }

  #listFault({ id, pubkey, kind }: NostrEvent, { address, keys }: Bringer): string | undefined {
    const { config, lists } = this.#init
    if (PROOFS.includes(kind)) return `invalid: events of kind ${kind} are shown, not published`
    if (config.deny.includes(address) || lists.has('blockedAddresses', address)) return 'blocked: this address may not write here'
    if (config.deny.includes(pubkey) || lists.has('bannedKeys', pubkey)) return 'blocked: this key may not write here'
    if (lists.has('bannedEvents', id)) return 'blocked: this event is banned here'
    if (lists.has('allowedEvents', id)) return undefined
    if (config.authToWrite && keys.size === 0) return 'auth-required: show a key to write here'
    const isListed = config.allow.includes(pubkey) || lists.has('allowedKeys', pubkey)
    if (!isListed && (config.allow.length > 0 || !lists.isEmpty('allowedKeys'))) return 'restricted: this key is not among those that may write here'
    const isKnownKind = config.kinds.includes(kind) || lists.has('allowedKinds', `${kind}`)
    if (!isKnownKind && (config.kinds.length > 0 || !lists.isEmpty('allowedKinds'))) return `blocked: kind ${kind} is not taken here`
    return lists.has('disallowedKinds', `${kind}`) ? `blocked: kind ${kind} is not taken here` : undefined
  }

  #vanishFault(event: NostrEvent): string | undefined {
    if (event.kind !== VANISH) return undefined
    const urls = this.#init.urls()
    const isForUs = vanishRelays(event).some((url) => url === 'ALL_RELAYS' || urls.has(url))
    return isForUs ? undefined : 'invalid: this request to vanish does not name this relay'
  }

  #protectedFault(event: NostrEvent, { keys }: Bringer): string | undefined {
    if (isProtected(event) && !keys.has(event.pubkey))
      return keys.size === 0 ? 'auth-required: only its author may publish this event' : 'restricted: only its author may publish this event'
    return REPOSTS.includes(event.kind) && embedsProtected(event.content) ? 'blocked: the event in this repost is protected' : undefined
  }

  /** Whether a key may write one more; asked once a signature shows that it is the one who writes. */
  mayWrite(key: string): boolean {
    return this.#byKey.take(key)
  }

  #rateFault({ address, bucket }: Bringer): string | undefined {
    const isSlow = bucket.take() && (isLoopback(address) || this.#byHost.take(hostOf(address)))
    return isSlow ? undefined : 'rate-limited: too many events, come back in a while'
  }
}

/** Whether the content of a repost has a tag `-` (NIP-70), which JSON writes in two ways. */
function embedsProtected(content: string): boolean {
  if (!/"(?:-|\\u002d)"/i.test(content)) return false
  try {
    const { tags } = JSON.parse(content) as { readonly tags?: unknown }
    return Array.isArray(tags) && tags.some((tag) => Array.isArray(tag) && tag[0] === '-')
  } catch {
    // What is no event protects nothing.
    return false
  }
}
