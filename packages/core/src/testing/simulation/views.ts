import { isMember, type Member } from '../../placement/membership.ts'
import { Draws, Placement } from '../../placement/placement.ts'
import { Board, type Said } from './board.ts'
import type { EventQueue } from './event-queue.ts'

/** A relay that looks at others, and is looked at. */
export interface Viewer {
  readonly index: number
  readonly key: Uint8Array
  /** Its wall clock, Unix milliseconds. */
  readonly now: number
  /** How long news take to it, milliseconds. */
  readonly lagMs: number
  readonly island: number
}

/** Placements that are remembered: relays see the same members at about the same time. */
const MAX_PLACEMENTS = 48

/** Who each relay believes is a member, by the real rules, and the placement that follows. Equal views share one, or thousands of relays would compute it. */
export class Views {
  readonly #events: EventQueue
  readonly #board = new Board()
  readonly #draws: Draws
  readonly #copies: number
  readonly #relays: Viewer[] = []
  readonly #placements = new Map<string, Placement>()

  constructor(events: EventQueue, { network, copies }: { readonly network: Uint8Array; readonly copies: number }) {
    this.#events = events
    this.#draws = new Draws(network)
    this.#copies = copies
  }

  add(relay: Viewer): void {
    this.#relays[relay.index] = relay
  }

  say(relay: Viewer, said: Omit<Said, 'saidAt' | 'island'>): void {
    this.#board.say(relay.index, { ...said, saidAt: this.#events.now, island: relay.island })
  }

  forget(relay: Viewer): void {
    this.#board.forget(relay.index)
  }

  join(): void {
    this.#board.join()
  }

  /** The placement as a relay sees it now. */
  of(viewer: Viewer): Placement {
    const clock = viewer.now
    const reader = { time: this.#events.now - viewer.lagMs, clock, island: viewer.island }
    const members: Member[] = []
    let name = ''
    for (const relay of this.#relays) {
      const said = this.#board.read(relay.index, reader)
      if (said === undefined || !isMember(said, clock)) continue
      members.push({ key: relay.key, power: said.power })
      name += String.fromCharCode(relay.index * 8 + said.power)
    }
    let placement = this.#placements.get(name)
    if (placement === undefined) {
      const [oldest] = this.#placements.keys()
      if (this.#placements.size >= MAX_PLACEMENTS && oldest !== undefined) this.#placements.delete(oldest)
      placement = new Placement(this.#draws, members, this.#copies)
      this.#placements.set(name, placement)
    }
    return placement
  }
}
