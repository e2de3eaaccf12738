import type { NostrFilter, NostrGate } from '@p2p-docstore/core/nostr'

/** Who may see what at a relay: one rule for stored events, live ones, counts, comparisons and searches. */
export class Gate {
  readonly kinds: ReadonlySet<number>
  readonly #isForKeysOnly: boolean

  constructor(kinds: readonly number[], isForKeysOnly: boolean) {
    this.kinds = new Set(kinds)
    this.#isForKeysOnly = isForKeysOnly
  }

  /** What the storage leaves out for somebody with these keys. */
  for(keys: ReadonlySet<string>): NostrGate {
    return { kinds: [...this.kinds], readers: [...keys] }
  }

  /** Why somebody without a key gets no answer at all: nothing that was asked for can be for everybody. */
  fault(filters: readonly NostrFilter[], keys: ReadonlySet<string>): string | undefined {
    if (keys.size > 0) return undefined
    if (this.#isForKeysOnly) return 'auth-required: show a key to read here'
    const isPrivate = filters.some(({ kinds }) => kinds !== undefined && kinds.length > 0 && kinds.every((kind) => this.kinds.has(kind)))
    return isPrivate ? 'auth-required: these kinds are only for their author and those whom they name' : undefined
  }

  /** Whether somebody with these keys may see an event. */
  lets(
    { kind, pubkey, tags }: { readonly kind: number; readonly pubkey: string; readonly tags: readonly (readonly string[])[] },
    keys: ReadonlySet<string>,
  ): boolean {
    if (!this.kinds.has(kind)) return true
    return keys.has(pubkey) || tags.some(([name, value]) => name === 'p' && value !== undefined && keys.has(value))
  }
}
