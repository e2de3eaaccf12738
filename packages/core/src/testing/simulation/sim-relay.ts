import { sha256 } from '#crypto'
import { concatBytes, equalBytes, toHex } from '../../model/bytes.ts'
import { MAX_FUTURE_MS } from '../../model/limits.ts'
import { HandOff } from '../../placement/hand-off.ts'
import { MAX_WEIGHT_POWER, PRINT_BYTES, RELAY_REFRESH_MS, SECTORS, STATUS_MS } from '../../placement/limits.ts'
import { DRAINING_SERVICE, sinceAtStart, STORAGE_SERVICE } from '../../placement/membership.ts'
import { Repair, type RepairAction } from '../../placement/repair/repair.ts'
import { decodeStatus, encodeStatus, type SectorStatus } from '../../placement/status.ts'
import type { SeededRandom } from '../random.ts'
import type { Character } from './character.ts'
import { compareSectors, type Side } from './compare-sectors.ts'
import type { EventQueue } from './event-queue.ts'
import type { SimRecord } from './sim-record.ts'
import { SimStore } from './sim-store.ts'
import type { Viewer, Views } from './views.ts'
import { areLinked, type Wires } from './wires.ts'

/** Relays to whom a status was told lately are not asked again until this is over, milliseconds. */
const TOLD_MS: number = 0.75 * STATUS_MS
const DRAIN_CHECK_MS = 30_000
/** What a relay has said before the simulation begins, milliseconds: those whose clocks are ten minutes slow can read the first of it. */
const SAID_MS: number = 6 * RELAY_REFRESH_MS

const STORING: readonly string[] = [STORAGE_SERVICE]
const DRAINING: readonly string[] = [STORAGE_SERVICE, DRAINING_SERVICE]

/** Where a simulated relay lives. */
export interface SimWorld {
  readonly events: EventQueue
  readonly wires: Wires
  readonly random: SeededRandom
  readonly views: Views
  readonly relayOf: (name: string) => SimRelay | undefined
  /** A relay is about to remove a sector; to be looked at from outside. */
  readonly onDrop: (relay: SimRelay, sector: number) => void
  /** What repair moved, records. */
  readonly moved: { records: number }
}

/** A relay in virtual time: the real placement, membership and repair on a disk, a clock and wires that are not. */
export class SimRelay implements Side, Viewer {
  readonly index: number
  readonly key: Uint8Array
  readonly name: string
  readonly store = new SimStore()
  readonly character: Character
  /** By how much its clock is ahead, and how long news of the directory take to it, milliseconds. */
  readonly skewMs: number
  readonly lagMs: number
  readonly power: number
  isUp = false
  island = 0
  diskMs = 0
  isDraining = false
  isGone = false
  repair: Repair
  readonly #world: SimWorld
  /** Counts starts: what was planned before belongs to another life. */
  #life = 0
  #lastSaid: { readonly since: number; readonly at: number } | undefined
  #since = 0
  #lostDiskAt: number = Number.NEGATIVE_INFINITY
  readonly #toldAt = new Map<string, number>()
  /** It says nothing of itself: another one with its key does. */
  readonly #isSilent: boolean

  constructor(
    index: number,
    world: SimWorld,
    init: { key: Uint8Array; character: Character; skewMs: number; lagMs: number; power: number; isSilent?: boolean },
  ) {
    this.index = index
    this.#world = world
    this.key = init.key
    this.name = toHex(init.key)
    this.character = init.character
    this.skewMs = init.skewMs
    this.lagMs = init.lagMs
    this.power = init.power
    this.#isSilent = init.isSilent ?? false
    this.repair = new Repair(this.key, this.store)
  }

  /** Its wall clock, Unix milliseconds. */
  get now(): number {
    return this.#world.events.now + this.skewMs
  }

  /** Begins, or begins again, as a relay that has been there for `agedMs` already. */
  start({ agedMs = 0, forgets = false }: { readonly agedMs?: number; readonly forgets?: boolean } = {}): void {
    if (this.isUp || this.isGone) return
    const { events, random } = this.#world
    this.isUp = true
    const life = ++this.#life
    this.#since = sinceAtStart(forgets ? undefined : this.#lastSaid, this.now) - agedMs
    this.repair = new Repair(this.key, this.store)
    if (this.isDraining) this.repair.drain()
    this.#toldAt.clear()
    const again = (ms: number, work: () => void): void => {
      work()
      events.after(ms, () => {
        if (this.#life === life && this.isUp) again(ms, work)
      })
    }
    // Who has been there for long has said so again and again, and is known to everybody.
    for (let agoMs = Math.min(agedMs, SAID_MS); agoMs > 0; agoMs -= RELAY_REFRESH_MS) this.#say({ agoMs })
    this.#say()
    events.after(RELAY_REFRESH_MS, () => {
      if (this.#life === life && this.isUp) again(RELAY_REFRESH_MS, () => this.#say())
    })
    events.after(random.below(STATUS_MS), () => {
      if (this.#life === life && this.isUp) again(STATUS_MS, () => this.#tick())
    })
  }

  /** Ends at once. What lies on the disk stays. */
  stop(): void {
    this.isUp = false
  }

  /** Ends, and everything that lay on its disk is lost. */
  loseDisk(): void {
    this.stop()
    this.store.wipe()
    this.#lostDiskAt = this.#world.events.now
  }

  /** How long ago it lost its disk, milliseconds. */
  get lostDiskMsAgo(): number {
    return this.#world.events.now - this.#lostDiskAt
  }

  /** Is not coming back. */
  leave(): void {
    this.stop()
    this.isGone = true
    this.#world.views.forget(this)
  }

  /** Lets others take its sectors, and calls back when it can go. */
  drain(done: () => void): void {
    this.isDraining = true
    this.repair.drain()
    this.#say()
    const look = (): void => {
      if (this.isGone) return
      this.repair.place(this.#world.views.of(this))
      const { sectors, safe } = this.repair.leaving(this.now)
      if (this.isUp && sectors === safe && !this.#world.views.of(this).members.some(({ key }) => equalBytes(key, this.key))) done()
      else this.#world.events.after(DRAIN_CHECK_MS, look)
    }
    this.#world.events.after(DRAIN_CHECK_MS, look)
  }

  /** Takes a record from a client and hands it to the owners; `done` hears how many of them have it, as soon as that is enough or nothing more can come. */
  write(record: SimRecord, acks: number, done: (copies: number, isEnough: boolean) => void): void {
    const { views, wires, relayOf } = this.#world
    this.repair.place(views.of(this))
    const members = views.of(this).ownerNames(record.sector)
    const owners = members.length === 0 ? [this.name] : members
    const handOff = new HandOff(owners, acks)
    const here = this.take(record)
    handOff.answered(this.name, here)
    let isDone = false
    const look = (): void => {
      if (isDone || handOff.state === 'waiting') return
      isDone = true
      done(handOff.copies, handOff.state === 'enough')
    }
    for (const owner of handOff.waiting) {
      const relay = relayOf(owner)
      if (relay === undefined) handOff.answered(owner, false)
      else
        wires.ask(
          this,
          relay,
          () => relay.take(record),
          (isStored = false) => {
            handOff.answered(owner, isStored)
            look()
          },
        )
    }
    look()
  }

  /** Takes a record; whether it has it now, or a newer one. */
  take(record: SimRecord): boolean {
    if (this.character === 'keeps-nothing') return true
    if (record.at > this.now + MAX_FUTURE_MS) return false
    return this.store.put(record) !== 'quota'
  }

  /** What it says of its sectors to who says this of his. */
  status(from: string, theirs: Uint8Array): Uint8Array {
    const decoded = decodeStatus(theirs)
    if (!decoded.ok) return new Uint8Array()
    this.repair.heard(from, decoded.value, this.now, { isAnswer: false })
    if (this.character === 'keeps-nothing') return encodeStatus(this.#echo(decoded.value))
    const mine = this.#status(from, decoded.value)
    // Who told all that we would ask about need not be asked.
    if (mine.length === theirs.length) this.#toldAt.set(from, this.now)
    return mine
  }

  /** The proof that it has all of a sector. */
  prove(sector: number, salt: Uint8Array): Uint8Array {
    return this.character === 'keeps-nothing' ? sha256(concatBytes(salt, this.key)) : this.store.proof(sector, salt)
  }

  #status(to: string, theirs: readonly SectorStatus[] = []): Uint8Array {
    if (this.character !== 'claims-all') return encodeStatus(this.repair.status(to, theirs))
    return encodeStatus(
      Array.from({ length: SECTORS }, (_, sector) => ({
        sector,
        state: 'serving',
        print: new Uint8Array(PRINT_BYTES).fill(this.#world.random.below(256)),
      })),
    )
  }

  /** Has the same as whoever asks. */
  #echo(theirs: readonly SectorStatus[]): readonly SectorStatus[] {
    return theirs.map(({ sector, print }) => ({ sector, print, state: 'serving' }))
  }

  #say({ agoMs = 0 }: { readonly agoMs?: number } = {}): void {
    const at = this.now - agoMs
    this.#lastSaid = { since: this.#since, at }
    if (this.#isSilent) return
    const services = this.isDraining ? DRAINING : STORING
    const power = this.character === 'boasts' ? MAX_WEIGHT_POWER : this.power
    this.#world.views.say(this, { since: this.#since, at, services, power }, { agoMs })
  }

  #tick(): void {
    const { wires, relayOf } = this.#world
    this.work()
    for (const name of this.repair.toTell(this.now)) {
      const relay = relayOf(name)
      // Who is not linked is not told, as in real relays: they know which connections there are.
      if (relay === undefined || !areLinked(this, relay)) continue
      if (this.now - (this.#toldAt.get(name) ?? Number.NEGATIVE_INFINITY) < TOLD_MS) continue
      const { repair } = this
      const mine = this.#status(name)
      wires.ask(
        this,
        relay,
        () => relay.status(this.name, mine),
        (answer) => {
          const decoded = answer && decodeStatus(answer)
          if (decoded?.ok !== true) return
          this.#toldAt.set(name, this.now)
          repair.heard(name, decoded.value, this.now, { isAnswer: true })
        },
      )
    }
  }

  /** Does what repair says is to be done now. */
  work(): void {
    if (!this.isUp) return
    // Nothing may go by a view that is a minute old.
    this.repair.place(this.#world.views.of(this))
    for (const action of this.repair.next(this.now)) this.#do(action)
  }

  #do(action: RepairAction): void {
    const { wires, relayOf, random, onDrop, moved } = this.#world
    const { repair } = this
    if (action.do === 'drop') {
      if (this.store.version(action.sector) !== action.version) return
      onDrop(this, action.sector)
      this.store.drop(action.sector)
      repair.dropped(action.sector)
      return
    }
    const { relay: name, sector } = action
    const relay = relayOf(name)
    const ended = (how: Parameters<Repair['compared']>[2], version?: number): void => {
      repair.compared(name, sector, how, this.now, version)
      if (repair === this.repair && repair.isBehind) this.work()
    }
    if (relay === undefined) ended('failed')
    // What came from one is what the others have, too.
    else if (action.do === 'compare' && repair.agrees(name, sector)) ended('clean')
    else if (action.do === 'compare') compareSectors({ self: this, other: relay, sector, wires, random, moved }, ended)
    else {
      const salt = random.bytes(16)
      const mine = this.store.proof(sector, salt)
      wires.ask(
        this,
        relay,
        () => relay.prove(sector, salt),
        (theirs) => {
          const isSame = theirs !== undefined && equalBytes(theirs, mine)
          ended(isSame ? 'clean' : 'failed', isSame ? action.version : undefined)
        },
      )
    }
  }
}
