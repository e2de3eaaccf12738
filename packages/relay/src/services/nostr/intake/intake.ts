import { errorMessage } from '@p2p-docstore/core'
import { eventId, fromHex, kindClass, type NostrEvent, type NostrOutcome, type ReplicaNostr, type SchnorrVerifier } from '@p2p-docstore/core/nostr'
import type { Log } from '../../../log.ts'
import { EVENTS_TOGETHER, MAX_EVENTS_WAITING } from '../limits.ts'

/** What became of an event; `ephemeral`: it is right, and not kept. */
export type Taken = NostrOutcome | 'ephemeral' | 'busy' | 'failed' | PolicyAnswer

/** What an operator's program says of an event that it refuses; `isSilent`: who sent it is told that it was taken. */
export interface PolicyAnswer {
  readonly reason: string
  readonly isSilent: boolean
}

/** Asks an operator's program about an event that came from an address; `undefined` where it may be taken. */
export type EventPolicy = (event: NostrEvent, address: string) => Promise<PolicyAnswer | undefined>

interface Waiting {
  readonly event: NostrEvent
  readonly address: string
  readonly resolve: (taken: Taken) => void
}

/** What it stands on. */
export interface IntakeInit {
  readonly nostr: Pick<ReplicaNostr, 'known' | 'put'>
  readonly verify: SchnorrVerifier
  /** Gets events that are not kept, once they were checked. */
  readonly onEphemeral: (event: NostrEvent) => void
  /** Whether a key may write one more event. */
  readonly mayWrite?: (key: string) => boolean
  readonly policy?: EventPolicy | undefined
  readonly log: Log
}

/**
 * Checks events and stores them, many at a time: while some are on their way to the disk, the next are checked. What is known already is not checked again. Each is answered once it is on disk.
 */
export class Intake {
  readonly #init: IntakeInit
  #waiting: Waiting[] = []
  readonly #underWay = new Map<string, Promise<Taken>>()
  #isChecking = false
  #storing: Promise<void> = Promise.resolve()

  constructor(init: IntakeInit) {
    this.#init = init
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Takes an event that a judge has let pass. Never rejects. */
  async take(event: NostrEvent, address: string): Promise<Taken> {
    if (this.#waiting.length >= MAX_EVENTS_WAITING) return 'busy'
    // Many bring the same at once. What has the same id and another signature is looked at all the same.
    for (let same = this.#underWay.get(event.id); same !== undefined; same = this.#underWay.get(event.id))
      if ((await same) === 'stored') return 'duplicate'
    const { promise, resolve } = Promise.withResolvers<Taken>()
    this.#underWay.set(event.id, promise)
    this.#waiting.push({ event, address, resolve })
    if (!this.#isChecking) void this.#checkAll()
    const taken = await promise
    if (this.#underWay.get(event.id) === promise) this.#underWay.delete(event.id)
    return taken
  }

  async #checkAll(): Promise<void> {
    this.#isChecking = true
    // All that arrive in one turn of the event loop go together.
    await new Promise(setImmediate)
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, EVENTS_TOGETHER)
      try {
        const right = await this.#ask(this.#slowDown(await this.#check(batch)))
        await this.#storing
        this.#storing = this.#store(right)
      } catch (error) {
        this.#fail(batch, error)
      }
    }
    this.#isChecking = false
  }

  /** Answers those that are known or wrong, and gives the others. */
  async #check(batch: readonly Waiting[]): Promise<readonly Waiting[]> {
    const isKnown = await this.#init.nostr.known(batch.map(({ event }) => event.id))
    // Whether these are here or must not come back, the storage says; one that is gone by now, it checks.
    await this.#put(
      batch.filter((_, i) => isKnown[i] === true),
      false,
    )
    const fresh = batch.filter(({ event, resolve }, i) => {
      if (isKnown[i] === true) return false
      const isRight = eventId(event) === event.id
      if (!isRight) resolve('malformed')
      return isRight
    })
    const isRight = await this.#init.verify(
      fresh.map(({ event: { id, pubkey, sig } }) => ({ hash: fromHex(id), key: fromHex(pubkey), signature: fromHex(sig) })),
    )
    return fresh.filter(({ resolve }, i) => {
      if (isRight[i] !== true) resolve('bad-signature')
      return isRight[i] === true
    })
  }

  /** Answers those of keys that write too much, and gives the others. */
  #slowDown(all: readonly Waiting[]): readonly Waiting[] {
    return all.filter(({ event, resolve }) => {
      const mayWrite = this.#init.mayWrite?.(event.pubkey) ?? true
      if (!mayWrite) resolve('busy')
      return mayWrite
    })
  }

  /** Answers those that the operator's program refuses, and gives the others. */
  async #ask(all: readonly Waiting[]): Promise<readonly Waiting[]> {
    const { policy } = this.#init
    if (policy === undefined) return all
    const answers = await Promise.all(all.map(({ event, address }) => policy(event, address)))
    return all.filter(({ resolve }, i) => {
      const refused = answers[i]
      if (refused !== undefined) resolve(refused)
      return refused === undefined
    })
  }

  async #store(all: readonly Waiting[]): Promise<void> {
    const kept = all.filter(({ event, resolve }) => {
      if (kindClass(event.kind) !== 'ephemeral') return true
      this.#init.onEphemeral(event)
      resolve('ephemeral')
      return false
    })
    await this.#put(kept, true)
  }

  async #put(all: readonly Waiting[], isVerified: boolean): Promise<void> {
    if (all.length === 0) return
    try {
      const outcomes = await this.#init.nostr.put(
        all.map(({ event }) => event),
        { isVerified },
      )
      for (const [i, { resolve }] of all.entries()) resolve(outcomes[i] ?? 'failed')
    } catch (error) {
      this.#fail(all, error)
    }
  }

  #fail(all: readonly Waiting[], error: unknown): void {
    this.#init.log.error({ reason: errorMessage(error), events: all.length }, 'nostr-not-stored')
    for (const { resolve } of all) resolve('failed')
  }
}

/** The answer of NIP-01 to what became of an event: whether it is here, and why. */
export function answerTo(taken: Taken): readonly [isTaken: boolean, reason: string] {
  if (typeof taken === 'object') return taken.isSilent ? [true, ''] : [false, taken.reason]
  switch (taken) {
    case 'stored':
    case 'ephemeral':
      return [true, '']
    case 'duplicate':
      return [true, 'duplicate: this event is here already']
    case 'superseded':
      return [true, 'duplicate: a newer version is here']
    case 'deleted':
      return [false, 'blocked: deleted, its author wants it gone']
    case 'vanished':
      return [false, 'blocked: its author has vanished from here']
    case 'expired':
      return [false, 'invalid: the event has expired']
    case 'full':
      return [false, 'error: there is no room for further events']
    case 'bad-signature':
      return [false, 'invalid: the signature is wrong']
    case 'malformed':
      return [false, 'invalid: the id is not that of this event']
    case 'too-large':
      return [false, 'invalid: too large to be stored']
    case 'future':
      return [false, 'invalid: created_at lies too far ahead']
    case 'busy':
      return [false, 'rate-limited: too many events at once, come back in a while']
    case 'failed':
      return [false, 'error: it could not be stored, try again']
  }
}
