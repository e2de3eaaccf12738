import { equalBytes, toHex } from '../../model/bytes.ts'
import { MAX_COMPARISONS, MAX_COMPARISONS_WITH_ONE, PLACEMENT_TIMES, type PlacementTimes, SECTORS } from '../limits.ts'
import type { Placement } from '../placement.ts'
import type { SectorState, SectorStatus } from '../status.ts'
import { found, HeldSector, isWorking, type Partner, putOff } from './held-sector.ts'

/** Statuses in a row after which who serves a sector makes it equal with one that should get it by itself, and gets nothing. */
const PATIENCE_WITH_NEWCOMERS = 10

/** What lies at this relay. Answers at once: fingerprints are kept up to date by who writes. */
export interface SectorStore {
  /** Sectors of which something lies here. */
  held(): Iterable<number>
  /** Fingerprint of what lies here of a sector, 16 bytes or more. */
  print(sector: number): Uint8Array
  /** A number that rises whenever what lies here of the sector changes. */
  version(sector: number): number
}

/** What is to be done next. */
export type RepairAction =
  /** Make a sector equal with that of another relay, and say by `compared` how it went. */
  | { readonly do: 'compare'; readonly relay: string; readonly sector: number }
  /** Let it prove with a fresh salt that it has everything that lies here, and say so by `compared`. */
  | { readonly do: 'prove'; readonly relay: string; readonly sector: number; readonly version: number }
  /** Remove a sector, unless its version is another by now: in one transaction. Say so by `dropped`. */
  | { readonly do: 'drop'; readonly sector: number; readonly version: number }

/** How a comparison ended: equal; not, or it broke off; or this relay had no room for what it lacks. */
export type Compared = 'clean' | 'failed' | 'no-room'

const ALL_SECTORS: ReadonlySet<number> = new Set(Array.from({ length: SECTORS }).keys())

/** A comparison that is wanted, the most urgent first. */
interface Wanted {
  readonly held: HeldSector
  readonly relay: string
  readonly partner: Partner
  readonly kind: 'compare' | 'prove'
  readonly urgency: number
}

/**
 * Keeps the sectors of one relay whole: says what to compare with whom, when a sector can be called `serving`, and when one that belongs to others may
 * go. Without clock, connections and storage of its own; times are those of one clock, in milliseconds. Relays are named by their keys in hexadecimal.
 */
export class Repair {
  readonly #self: string
  readonly #store: SectorStore
  readonly #times: PlacementTimes
  /** By number, and all that there are, rising. */
  readonly #sectors: (HeldSector | undefined)[] = Array.from({ length: SECTORS })
  #held: readonly HeldSector[] = []
  readonly #heardAt = new Map<string, number>()
  /** Of relays that were heard: of which sectors they said something, while these are here. */
  readonly #saidOf = new Map<string, Set<number>>()
  readonly #underWay = new Map<string, number>()
  #placement: Placement | undefined
  /** Which sectors are to be here: our own, or all while there are so few relays that each keeps all. */
  #ours: ReadonlySet<number> = ALL_SECTORS
  #isDraining = false
  #isBehind = false

  constructor(key: Uint8Array, store: SectorStore, times: PlacementTimes = PLACEMENT_TIMES) {
    this.#self = toHex(key)
    this.#store = store
    this.#times = times
  }

  /** Who owns what has changed, or is known for the first time. */
  place(placement: Placement): void {
    if (placement === this.#placement) return
    this.#placement = placement
    if (!this.#isDraining) this.#ours = placement.isEverywhere ? ALL_SECTORS : new Set(placement.ownedBy(this.#self))
  }

  /** This relay is to be emptied: its sectors can be called safe as soon as their owners serve them. */
  drain(): void {
    this.#isDraining = true
    this.#ours = new Set()
  }

  /** Relays that a status is exchanged with: owners of sectors that are here, and who said to have any of them. */
  partners(): ReadonlySet<string> {
    const partners = new Set<string>()
    for (const held of this.#held) {
      for (const owner of this.#ownersOf(held.number)) partners.add(owner)
      for (const relay of held.partners.keys()) partners.add(relay)
    }
    partners.delete(this.#self)
    return partners
  }

  /**
   * Those of them that are to be told now. Who gives a sector up speaks first, and while he only holds it he leaves an owner alone that has served the same: a relay that takes writes for
   * many sectors would speak with all their owners each minute.
   */
  toTell(now: number): ReadonlySet<string> {
    const partners = new Set<string>()
    for (const held of this.#held) {
      const owners = this.#ownersOf(held.number)
      const isOnlyHeld = held.state === 'leaving' && !this.#mayGo(held, now)
      const version = isOnlyHeld ? this.#store.version(held.number) : undefined
      for (const owner of owners) if (version === undefined || held.partners.get(owner)?.hasServed !== version) partners.add(owner)
      for (const [relay, { says }] of held.partners) if (says !== 'leaving' && says !== undefined && !owners.includes(relay)) partners.add(relay)
    }
    partners.delete(this.#self)
    return partners
  }

  /** When a relay was heard last. */
  heardAt(relay: string): number | undefined {
    return this.#heardAt.get(relay)
  }

  /**
   * What this relay says to another, rising by number, of the sectors that this one owns or has said something of: in `theirs` too, where this is the
   * answer to that.
   */
  status(relay: string, theirs: readonly SectorStatus[] = []): readonly SectorStatus[] {
    // Of a thousand relays each has to do with a few sectors: no status takes as long as there are sectors here.
    const numbers: number[] = []
    for (const sector of this.#placement?.ownedBy(relay) ?? []) if (this.#sectors[sector] !== undefined) numbers.push(sector)
    for (const sector of this.#saidOf.get(relay) ?? []) if (this.#sectors[sector]?.partners.has(relay) === true) numbers.push(sector)
    for (const { sector } of theirs) numbers.push(sector)
    const said: SectorStatus[] = []
    let previous = -1
    for (const sector of numbers.sort((a, b) => a - b)) {
      const held = this.#sectors[sector]
      if (held === undefined || sector === previous) continue
      previous = sector
      said.push({ sector, state: held.state, print: this.#store.print(sector) })
    }
    return said
  }

  /** How one sector stands here. */
  state(sector: number): SectorState | undefined {
    return this.#sectors[sector]?.state
  }

  /** What another relay said last of a sector; `undefined` where it said nothing, or not lately. */
  says(relay: string, sector: number): SectorState | undefined {
    return this.#sectors[sector]?.partners.get(relay)?.says
  }

  /** Whether another relay has of a sector what lies here now, as it said last. */
  agrees(relay: string, sector: number): boolean {
    const print = this.#sectors[sector]?.partners.get(relay)?.print
    return print !== undefined && beginsWith(this.#store.print(sector), print)
  }

  /** What other relays say of a sector. */
  standings(sector: number): readonly { readonly relay: string; readonly state: SectorState }[] {
    return [...(this.#sectors[sector]?.partners ?? [])].flatMap(([relay, { says }]) => (says === undefined ? [] : { relay, state: says }))
  }

  /** Whether a sector that lies here, and belongs to others, may go. */
  isSafe(sector: number, now: number): boolean {
    const held = this.#sectors[sector]
    return held?.state === 'leaving' && this.#isSafe(held, now)
  }

  /**
   * Another relay said how its sectors stand. Equal fingerprints are a clean comparison. `isAnswer`: to a status of ours, so that what it leaves out it has
   * nothing to do with. To be called for relays of the directory alone, which bounds how many are remembered.
   */
  heard(relay: string, status: readonly SectorStatus[], now: number, { isAnswer }: { readonly isAnswer: boolean }): void {
    if (relay === this.#self) return
    this.#heardAt.set(relay, now)
    let saidOf = this.#saidOf.get(relay)
    if (saidOf === undefined) this.#saidOf.set(relay, (saidOf = new Set()))
    // Who gets what it lacks takes one sector after another: those that wait for their turn need no help either.
    const isAtWork = status.some((one) => isFilling(this.#sectors[one.sector]?.partners.get(relay), one))
    let said = 0
    for (const one of status) {
      const held = this.#sectors[one.sector]
      const partner = held?.partners.get(relay) ?? held?.partner(relay, this.#isOwner(relay, one.sector))
      if (held === undefined || partner === undefined) continue
      saidOf.add(one.sector)
      said++
      this.#says(held, partner, one, { now, isAtWork })
    }
    // Most answers leave nothing out.
    if (!isAnswer || said === saidOf.size) return
    const inAnswer = new Set(status.map(({ sector }) => sector))
    for (const sector of saidOf) {
      if (inAnswer.has(sector) && this.#sectors[sector]?.partners.has(relay) === true) continue
      const partner = this.#sectors[sector]?.partners.get(relay)
      saidOf.delete(sector)
      if (partner === undefined) continue
      partner.says = undefined
      partner.print = undefined
      partner.saidAt = now
      partner.isClean = false
    }
  }

  #says(
    { number }: HeldSector,
    partner: Partner,
    { state, print }: SectorStatus,
    { now, isAtWork }: { readonly now: number; readonly isAtWork: boolean },
  ): void {
    const isMoving = partner.print !== undefined && !equalBytes(print, partner.print)
    partner.says = state
    // Of the same one the former is kept: it would keep the message that it came with.
    if (isMoving || partner.print === undefined) partner.print = print
    partner.saidAt = now
    if (beginsWith(this.#store.print(number), print)) {
      partner.isClean = true
      partner.differs = 0
      partner.failures = 0
      partner.vain = 0
      partner.hasServed = state === 'serving' ? this.#store.version(number) : undefined
      return
    }
    // Who is just getting what it lacks needs no help.
    partner.differs = isAtWork && state === 'syncing' ? 1 : partner.differs + 1
    // What is just being written differs once.
    if (partner.differs > 1) partner.isClean = false
  }

  /** A comparison or a proof that was asked for has ended. `version` is that of which a proof was given. */
  compared(relay: string, sector: number, how: Compared, now: number, version?: number): void {
    this.#ended(relay)
    const held = this.#sectors[sector]
    const partner = held?.partners.get(relay)
    if (held === undefined || partner === undefined) return
    partner.isBusy = false
    if (how === 'clean' && version !== undefined) {
      partner.proof = { version, at: now }
      partner.failures = 0
      return
    }
    if (how === 'clean') {
      found(partner, now, this.#times)
      partner.hasServed = partner.says === 'serving' ? this.#store.version(sector) : undefined
      return
    }
    putOff(partner, now, { isOwner: this.#ownersOf(sector).includes(relay), ...this.#times })
    partner.proof = undefined
    partner.hasServed = undefined
    partner.isClean = false
    // What cannot be stored here must not keep others from keeping it.
    if (how === 'no-room' && held.state === 'serving') held.state = 'syncing'
  }

  /** A sector was removed. Until others hear that, they would bring it back. */
  dropped(sector: number): void {
    this.#sectors[sector] = undefined
    this.#held = this.#held.filter(({ number }) => number !== sector)
  }

  /** What is to be done now; what was handed out before and has not ended counts against the limits. */
  next(now: number): readonly RepairAction[] {
    this.#forgetSilent(now)
    this.look(now)
    const actions: RepairAction[] = []
    const wanted: Wanted[] = []
    for (const held of this.#held) {
      const version = this.#store.version(held.number)
      if (held.state === 'leaving' && now - held.leavingSince >= this.#times.holdMs && this.#isSafe(held, now))
        actions.push({ do: 'drop', sector: held.number, version })
      else this.#want(held, now, wanted)
    }
    wanted.sort((a, b) => a.urgency - b.urgency)
    this.#isBehind = false
    for (const { held, relay, partner, kind } of wanted) {
      if (!this.#begin(relay)) {
        this.#isBehind = true
        continue
      }
      partner.isBusy = true
      const sector = held.number
      actions.push(kind === 'compare' ? { do: 'compare', relay, sector } : { do: 'prove', relay, sector, version: this.#store.version(sector) })
    }
    return actions
  }

  /** Whether more is to be done than may be under way at once: ask for it when something has ended. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /** Sectors that lie here and belong to others, and how many of them may go because each of their owners has proved to serve them. */
  leaving(now: number): { readonly sectors: number; readonly safe: number } {
    this.look(now)
    const leaving = this.#held.filter(({ state }) => state === 'leaving')
    return { sectors: leaving.length, safe: leaving.filter((held) => this.#isSafe(held, now)).length }
  }

  /** Whom to ask for what lies in a sector, in turn: owners that serve it, other owners, then who still has it. */
  readers(sector: number, now: number): readonly string[] {
    const owners = this.#ownersOf(sector).filter((relay) => relay !== this.#self)
    const partners = this.#sectors[sector]?.partners
    const serves = (relay: string): boolean => partners?.get(relay)?.says === 'serving'
    const holders = [...(partners ?? [])].filter(([relay, { says }]) => says !== undefined && !owners.includes(relay)).map(([relay]) => relay)
    const reached = holders.filter((relay) => this.#isReached(relay, now))
    return [...owners.filter(serves), ...owners.filter((relay) => !serves(relay)), ...reached]
  }

  /** Names of the owners of a sector. */
  #ownersOf(sector: number): readonly string[] {
    return this.#placement?.ownerNames(sector) ?? []
  }

  #isOwner(relay: string, sector: number): boolean {
    return this.#placement?.isOwner(this.#placement.memberNumber(relay), sector) === true
  }

  /** Brings the list of sectors, and their states, up to date; `next` does so too. */
  look(now: number): void {
    if (this.#isListStale()) this.#list()
    for (const held of this.#held) {
      const { number: sector } = held
      held.tidy(this.#ownersOf(sector), now - this.#times.statusLifeMs)
      if (!this.#ours.has(sector)) {
        if (held.state !== 'leaving') held.leavingSince = now
        held.state = 'leaving'
      } else {
        if (held.state === 'leaving') held.state = 'syncing'
        if (held.state === 'syncing' && this.#isComplete(held, now)) held.state = 'serving'
      }
    }
  }

  /** Whether other sectors are here, or are to be, than are listed. */
  #isListStale(): boolean {
    let count = this.#ours.size
    for (const sector of this.#store.held()) {
      if (this.#sectors[sector] === undefined) return true
      if (!this.#ours.has(sector)) count++
    }
    if (count !== this.#held.length) return true
    for (const sector of this.#ours) if (this.#sectors[sector] === undefined) return true
    return false
  }

  #list(): void {
    const here = new Set([...this.#ours, ...this.#store.held()])
    for (const { number } of this.#held) if (!here.has(number)) this.#sectors[number] = undefined
    // Of a thousand relays each has a few sectors: no look takes as long as there are sectors.
    this.#held = [...here].sort((a, b) => a - b).map((sector) => (this.#sectors[sector] ??= new HeldSector(sector)))
  }

  /** Whether a sector was found equal beside everybody within reach who has to do with it. Beside nobody it is only where there is nobody else. */
  #isComplete(held: HeldSector, now: number): boolean {
    const others = [...held.partners].filter(([relay, partner]) => partner.says !== undefined && this.#isReached(relay, now) && isWorking(partner))
    if (others.length > 0) return others.every(([, { isClean }]) => isClean)
    return this.#ownersOf(held.number).every((owner) => owner === this.#self)
  }

  /** Whether every owner serves a sector and has proved, a short time ago, that it has all that lies here now. */
  #isSafe(held: HeldSector, now: number): boolean {
    const owners = this.#ownersOf(held.number)
    const version = this.#store.version(held.number)
    if (owners.length === 0 || owners.includes(this.#self)) return false
    return owners.every((owner) => {
      const partner = held.partners.get(owner)
      if (partner?.says !== 'serving' || now - partner.saidAt >= this.#times.statusLifeMs) return false
      return partner.proof?.version === version && now - partner.proof.at < this.#times.proofMs
    })
  }

  /** Whether it was held for long enough. */
  #mayGo({ leavingSince }: HeldSector, now: number): boolean {
    return this.#isDraining || now - leavingSince >= this.#times.holdMs
  }

  /** Adds the comparisons that a sector needs. */
  #want(held: HeldSector, now: number, wanted: Wanted[]): void {
    const owners = this.#ownersOf(held.number)
    const isLeaving = held.state === 'leaving'
    const mayGo = isLeaving && this.#mayGo(held, now)
    // Proofs are of use when all owners serve; else they would be too old by the time.
    const canGo = mayGo && owners.every((owner) => held.partners.get(owner)?.says === 'serving')
    for (const [relay, partner] of held.partners) {
      if (partner.says === undefined || partner.isBusy || !this.#isReached(relay, now)) continue
      if (isLeaving && !owners.includes(relay)) continue
      // An owner may have more of the sector than lies here, and so never says the same: what it was found to have once it has for as long as nothing changes here. Else its proof fails.
      const hasAll = partner.isClean || (isLeaving && partner.says === 'serving' && partner.hasServed === this.#store.version(held.number))
      if (partner.retryAt > now && (!hasAll || partner.failures > 0)) continue
      if (!hasAll) {
        if (partner.differs >= this.#patience(held, relay, partner))
          wanted.push({ held, relay, partner, kind: 'compare', urgency: isLeaving ? 1 : 0 })
      } else if (canGo && !this.#isProved(held, partner, now)) wanted.push({ held, relay, partner, kind: 'prove', urgency: 2 })
    }
  }

  /** After how many differing statuses we begin: one of two would do, so the one with the lower name, and who lacks something, goes first. */
  #patience(held: HeldSector, relay: string, { says }: Partner): number {
    // Who has just come to own it gets it from whoever serves it; what others pushed meanwhile would come twice.
    const isServed = held.state === 'serving' || [...held.partners.values()].some((one) => one.says === 'serving')
    if (says === 'syncing' && held.state !== 'syncing' && isServed) return PATIENCE_WITH_NEWCOMERS
    const goesFirst = this.#self < relay || (held.state === 'syncing' && says !== 'syncing') || held.state === 'leaving'
    return goesFirst ? 1 : 3
  }

  /** Whether a proof holds and will for a while. */
  #isProved(held: HeldSector, { proof }: Partner, now: number): boolean {
    return proof !== undefined && proof.version === this.#store.version(held.number) && now - proof.at < this.#times.proofMs / 2
  }

  #isReached(relay: string, now: number): boolean {
    const at = this.#heardAt.get(relay)
    return at !== undefined && now - at < this.#times.statusLifeMs
  }

  /** Who was not heard for long says nothing any more: when it comes back, it may have missed something. */
  #forgetSilent(now: number): void {
    for (const [relay, at] of this.#heardAt) {
      if (now - at < this.#times.statusLifeMs) continue
      const saidOf = this.#saidOf.get(relay) ?? []
      this.#heardAt.delete(relay)
      this.#saidOf.delete(relay)
      for (const sector of saidOf) {
        const partner = this.#sectors[sector]?.partners.get(relay)
        if (partner === undefined) continue
        partner.says = undefined
        partner.print = undefined
        partner.isClean = false
        partner.differs = 0
        partner.proof = undefined
        partner.failures = 0
        partner.retryAt = 0
      }
    }
  }

  #begin(relay: string): boolean {
    let all = 0
    for (const count of this.#underWay.values()) all += count
    const withIt = this.#underWay.get(relay) ?? 0
    if (all >= MAX_COMPARISONS || withIt >= MAX_COMPARISONS_WITH_ONE) return false
    this.#underWay.set(relay, withIt + 1)
    return true
  }

  #ended(relay: string): void {
    const left = (this.#underWay.get(relay) ?? 0) - 1
    if (left > 0) this.#underWay.set(relay, left)
    else this.#underWay.delete(relay)
  }
}

/** Whether a relay that lacked something of a sector has more of it now, or all. */
function isFilling(before: Partner | undefined, { state, print }: SectorStatus): boolean {
  if (before?.says !== 'syncing' || before.print === undefined) return false
  return state === 'serving' || (state === 'syncing' && !equalBytes(print, before.print))
}

function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[i] !== start[i]) return false
  return true
}
