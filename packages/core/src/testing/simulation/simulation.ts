import { sha256 } from '#crypto'
import { type SeededRandom, seededRandom } from '../random.ts'
import type { Character } from './character.ts'
import { checkDrop, checkEnd, type Found, winnerOf, type Written } from './checks.ts'
import { EventQueue } from './event-queue.ts'
import { type SimDocument, simDocument, simRecord, wins } from './sim-record.ts'
import { SimRelay, type SimWorld } from './sim-relay.ts'
import { Views } from './views.ts'
import { Wires } from './wires.ts'

const MINUTE_MS = 60_000
const HOUR_MS: number = 60 * MINUTE_MS
/** A relay that was away for less keeps its sectors. */
const MAX_RESTART_MS: number = 20 * MINUTE_MS

/** What is simulated. */
export interface SimulationInit {
  readonly seed: number
  readonly relays: number
  readonly hours: number
  /** How long it is quiet then: relays hold what they own no more for an hour, and some have just begun to. */
  readonly quietHours?: number
  readonly copies?: number
  /** Copies that clients wait for. */
  readonly acks?: number
  readonly documents?: number
  /** Things that happen to relays, per hour, and writes per hour. */
  readonly eventsPerHour?: number
  readonly writesPerHour?: number
  /** Partitions per day; where it is left out, they are one of ten things that happen to relays. */
  readonly partitionsPerDay?: number
  /** How wrong clocks are at most, either way, milliseconds. */
  readonly skewMs?: number
  /** Messages that are lost, at worst. */
  readonly loss?: number
  /** What is wrong with the first relay: a character, or that it comes and goes every minute, has a fast clock, a disk that is full, or two of them one key. */
  readonly bad?: Exclude<Character, 'honest' | 'twin'> | 'flaps' | 'fast' | 'full' | 'twins'
}

/** What came of it. */
export interface SimulationReport extends Found {
  readonly seed: number
  readonly relays: number
  readonly hours: number
  readonly events: number
  readonly messages: number
  readonly happened: Readonly<Record<string, number>>
  readonly writes: number
  readonly dropped: number
  /** Records that repair moved. */
  readonly moved: number
}

/** Relays and clients in virtual time, as one seed says. Throws where a promise is broken. */
export class Simulation {
  readonly #init: Required<Omit<SimulationInit, 'bad' | 'partitionsPerDay'>> & Pick<SimulationInit, 'bad' | 'partitionsPerDay'>
  readonly #random: SeededRandom
  readonly #events = new EventQueue()
  readonly #wires: Wires
  readonly #views: Views
  readonly #relays: SimRelay[] = []
  readonly #byName = new Map<string, SimRelay>()
  /** Two relays with one key: who asks it reaches either. */
  readonly #twins: SimRelay[] = []
  readonly #written = new Map<string, Written>()
  readonly #documents: SimDocument[] = []
  readonly #happened = new Map<string, number>()
  readonly #moved = { records: 0 }
  readonly #world: SimWorld
  #writes = 0
  #dropped = 0

  constructor(init: SimulationInit) {
    const defaults = { quietHours: 3, copies: 3, acks: 2, documents: 200, eventsPerHour: 12, writesPerHour: 120, skewMs: 10 * MINUTE_MS, loss: 0.2 }
    this.#init = { ...defaults, ...init }
    this.#random = seededRandom(init.seed)
    this.#wires = new Wires(this.#events, this.#random)
    this.#views = new Views(this.#events, { network: sha256(`network ${init.seed}`), copies: this.#init.copies })
    this.#world = {
      events: this.#events,
      wires: this.#wires,
      random: this.#random,
      views: this.#views,
      relayOf: (name) => {
        const relay = this.#byName.get(name)
        return relay?.character === 'twin' && this.#twins.length > 0 ? this.#random.pick(this.#twins) : relay
      },
      moved: this.#moved,
      onDrop: (relay, sector) => {
        this.#dropped++
        checkDrop(relay, sector, this.#views.of(relay), this.#world.relayOf)
      },
    }
  }

  /** Runs to the end. `onHour` is called after each simulated hour. */
  run({ onHour = () => undefined }: { readonly onHour?: (hour: number) => void } = {}): SimulationReport {
    const { relays, hours, quietHours, seed, bad, copies, partitionsPerDay = 0 } = this.#init
    this.#makeDocuments()
    for (let i = 0; i < relays; i++) this.#add(i === 0 ? bad : undefined).start({ agedMs: HOUR_MS })
    if (bad === 'flaps') this.#flap()
    if (bad === 'twins') this.#add(bad).start({ agedMs: HOUR_MS })
    this.#repeat(HOUR_MS / this.#init.writesPerHour, hours, () => this.#write())
    this.#repeat(HOUR_MS / this.#init.eventsPerHour, hours, () => this.#happen())
    if (partitionsPerDay > 0) this.#repeat((24 * HOUR_MS) / partitionsPerDay, hours, () => this.#split())
    for (let hour = 1; hour <= hours; hour++) {
      this.#events.advance(HOUR_MS)
      onHour(hour)
    }
    this.#quieten()
    this.#events.advance(quietHours * HOUR_MS)
    const found = checkEnd({
      relays: this.#alive.filter(({ isUp }) => isUp),
      placementOf: (relay) => this.#views.of(relay),
      written: this.#written.values(),
      copies,
      missing: bad === 'keeps-nothing' || bad === 'boasts' || bad === 'full' || bad === 'twins' ? 1 : 0,
      isTidy: bad === undefined || bad === 'flaps' || bad === 'fast',
    })
    return {
      seed,
      relays,
      hours,
      events: this.#events.events,
      messages: this.#wires.messages,
      happened: Object.fromEntries([...this.#happened].sort(([a], [b]) => (a < b ? -1 : 1))),
      writes: this.#writes,
      dropped: this.#dropped,
      moved: this.#moved.records,
      ...found,
    }
  }

  get #alive(): readonly SimRelay[] {
    return this.#relays.filter(({ isGone }) => !isGone)
  }

  #makeDocuments(): void {
    const random = this.#random
    const { documents } = this.#init
    // Most namespaces are small; one is large, and split.
    const large = random.bytes(32)
    const namespaces = Array.from({ length: Math.max(1, Math.floor(documents / 8)) }, () => random.bytes(32))
    for (let i = 0; i < documents; i++) {
      const isInLarge = random.chance(0.2)
      this.#documents.push(simDocument(isInLarge ? large : random.pick(namespaces), isInLarge ? 4 : 0, random.bytes(16)))
    }
  }

  #add(bad?: SimulationInit['bad']): SimRelay {
    const random = this.#random
    const { skewMs } = this.#init
    const index = this.#relays.length
    const character = bad === 'twins' ? 'twin' : bad === 'claims-all' || bad === 'keeps-nothing' || bad === 'boasts' ? bad : 'honest'
    const [twin] = this.#twins
    const relay = new SimRelay(index, this.#world, {
      key: twin !== undefined && character === 'twin' ? twin.key : random.bytes(34),
      isSilent: twin !== undefined && character === 'twin',
      character,
      skewMs: bad === 'fast' ? 10 * MINUTE_MS : Math.round((random.next() * 2 - 1) * skewMs),
      lagMs: random.below(MINUTE_MS),
      power: 3,
    })
    relay.diskMs = random.pick([0, 1, 5, 50])
    if (bad === 'full' || bad === 'boasts') relay.store.room = Math.floor(this.#init.documents / (3 * this.#init.relays))
    this.#relays.push(relay)
    if (character === 'twin') this.#twins.push(relay)
    this.#byName.set(relay.name, relay)
    this.#views.add(relay)
    return relay
  }

  #repeat(everyMs: number, hours: number, work: () => void): void {
    const end = this.#events.now + hours * HOUR_MS
    const next = (): void =>
      this.#events.after(everyMs * (0.5 + this.#random.next()), () => {
        if (this.#events.now >= end) return
        work()
        next()
      })
    next()
  }

  /** A client puts or deletes a document at some relay that it reaches. */
  #write(): void {
    const random = this.#random
    const entries = this.#alive.filter(({ isUp, character, isDraining }) => isUp && character === 'honest' && !isDraining)
    if (entries.length === 0) return
    const entry = random.pick(entries)
    const document = random.pick(this.#documents)
    // Clients have right clocks to within two minutes.
    const at = this.#events.now + random.below(4 * MINUTE_MS) - 2 * MINUTE_MS
    const record = simRecord(document, at, random.chance(0.2) ? new Uint8Array() : random.bytes(8))
    let written = this.#written.get(document.id)
    if (written === undefined) this.#written.set(document.id, (written = { document, acknowledged: [] }))
    const { acknowledged } = written
    this.#writes++
    entry.write(record, this.#init.acks, (_, isEnough) => {
      if (isEnough) acknowledged.push(record)
    })
  }

  /** Something happens to a relay, or to the network. */
  #happen(): void {
    const random = this.#random
    const { bad, loss, partitionsPerDay } = this.#init
    const relay = random.pick(this.#alive)
    if (bad === 'flaps' && relay.index === 0) return
    const event = random.below(20)
    if (event < 7) return this.#restart(relay)
    if (event < 9) return this.#join()
    if (event < 11) return this.#leaveForGood(relay)
    if (event < 13) return this.#loseDisk(relay)
    if (event < 14) return this.#drain(relay)
    if (event < 16) return partitionsPerDay === undefined ? this.#split() : this.#restart(relay)
    if (event < 17) {
      this.#note('slow disk')
      relay.diskMs = random.pick([0, 5, 500, 3000])
      return
    }
    this.#note('loss changed')
    this.#wires.loss = random.pick([0, 0.01, loss / 2, loss])
    this.#wires.maxDelayMs = random.pick([20, 200, 2000])
  }

  #restart(relay: SimRelay): void {
    if (!relay.isUp) return
    this.#note('restart')
    relay.stop()
    this.#events.after(this.#random.below(MAX_RESTART_MS), () => relay.start())
  }

  #join(): void {
    if (this.#alive.length >= 2 * this.#init.relays) return
    this.#note('join')
    this.#add().start()
  }

  /** Never more than one disk is lost of what was acknowledged: two copies are no promise against two losses at once. */
  #maySpare(relay: SimRelay): boolean {
    const others = this.#alive.filter((other) => other !== relay && other.character !== 'keeps-nothing')
    if (others.length < this.#init.copies + 1) return false
    for (const { document, acknowledged } of this.#written.values()) {
      const promised = winnerOf(acknowledged)
      if (promised === undefined || relay.store.get(document) === undefined) continue
      if (!others.some(({ store, isDraining }) => !isDraining && !wins(promised, store.get(document)))) return false
    }
    return true
  }

  #leaveForGood(relay: SimRelay): void {
    if (!this.#maySpare(relay)) return this.#note('not spared')
    this.#note('gone without a word')
    relay.leave()
  }

  #loseDisk(relay: SimRelay): void {
    if (!this.#maySpare(relay)) return this.#note('not spared')
    this.#note('disk lost')
    relay.loseDisk()
    this.#events.after(this.#random.below(2 * MINUTE_MS), () => relay.start({ forgets: true }))
  }

  #drain(relay: SimRelay): void {
    if (relay.isDraining || !relay.isUp || this.#alive.filter(({ isDraining }) => !isDraining).length <= this.#init.copies + 1) return
    this.#note('drain begun')
    relay.drain(() => {
      this.#note('drained')
      for (const sector of relay.store.held()) checkDrop(relay, sector, this.#views.of(relay), this.#world.relayOf)
      relay.leave()
    })
  }

  #split(): void {
    const random = this.#random
    if (this.#relays.some(({ island }) => island !== 0)) return
    this.#note('partition')
    for (const relay of this.#relays) relay.island = 1 + random.below(2)
    this.#events.after((5 + random.below(85)) * MINUTE_MS, () => this.#heal())
  }

  #heal(): void {
    for (const relay of this.#relays) relay.island = 0
    this.#views.join()
  }

  /** The first relay is there for a minute, away for a minute, and says each time that it has just begun. */
  #flap(): void {
    const [relay] = this.#relays
    if (relay === undefined) return
    relay.stop()
    this.#repeat(2 * MINUTE_MS, this.#init.hours, () => {
      relay.start({ forgets: true })
      this.#events.after(MINUTE_MS, () => relay.stop())
    })
  }

  /** Nothing is lost any more, and everybody is there. */
  #quieten(): void {
    this.#wires.loss = 0
    this.#wires.maxDelayMs = 100
    this.#heal()
    for (const relay of this.#alive) {
      relay.diskMs = 1
      if (relay.isDraining) continue
      relay.start()
    }
  }

  #note(what: string): void {
    this.#happened.set(what, (this.#happened.get(what) ?? 0) + 1)
  }
}
