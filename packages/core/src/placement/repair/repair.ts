import { equalBytes, toHex } from '../../model/bytes.ts'
import { MAX_COMPARISONS, MAX_COMPARISONS_WITH_ONE, PLACEMENT_TIMES, type PlacementTimes, PRINT_BYTES, SECTORS } from '../limits.ts'
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
  /** Of relays that were heard: which sectors they had to do with. */
  readonly #knownOf = new Map<string, Uint8Array>()
  readonly #underWay = new Map<string, number>()
  #placement: Placement | undefined
  /** Which sectors are to be here: our own, or all while there are so few relays that each keeps all. */
  readonly #ours: Uint8Array = new Uint8Array(SECTORS).fill(1)
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
    this.#ours.fill(!this.#isDraining && placement.isEverywhere ? 1 : 0)
    if (!this.#isDraining) for (const sector of placement.ownedBy(this.#self)) this.#ours[sector] = 1
  }

  /** This relay is to be emptied: its sectors can be called safe as soon as their owners serve them. */
  drain(): void {
    this.#isDraining = true
    this.#ours.fill(0)
  }

  /** Relays that a status should be exchanged with: owners of sectors that are here, and who said to have any of them. */
  partners(): ReadonlySet<string> {
    const partners = new Set<string>()
    for (const held of this.#held) {
      for (const owner of this.#ownersOf(held.number)) partners.add(owner)
      for (const relay of held.partners.keys()) partners.add(relay)
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
    const [isOwner, known] = [this.#ownerCheck(relay), this.#knownOf.get(relay)]
    const said: SectorStatus[] = []
    let i = 0
    for (const { number, state, partners } of this.#held) {
      while ((theirs[i]?.sector ?? SECTORS) < number) i++
      const isAsked = theirs[i]?.sector === number
      if (isAsked || isOwner(number) || (known?.[number] === 1 && partners.has(relay)))
        said.push({ sector: number, state, print: this.#store.print(number).subarray(0, PRINT_BYTES) })
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
    const owns = this.#ownerCheck(relay)
    let known = this.#knownOf.get(relay)
    if (known === undefined) this.#knownOf.set(relay, (known = new Uint8Array(SECTORS)))
    let i = 0
    for (const held of this.#held) {
      while ((status[i]?.sector ?? SECTORS) < held.number) i++
      const one = status[i]?.sector === held.number ? status[i] : undefined
      const isOwner = owns(held.number)
      if (one === undefined && !isOwner && known[held.number] !== 1) continue
      const partner = one === undefined && !isOwner ? held.partners.get(relay) : held.partner(relay, isOwner)
      if (partner === undefined) continue
      known[held.number] = 1
      if (one === undefined && !isAnswer) continue
      const isMoving = one !== undefined && partner.print !== undefined && !equalBytes(one.print, partner.print)
      partner.says = one?.state
      partner.saidAt = now
      partner.print = one?.print
      if (one === undefined) partner.isClean = false
      else if (beginsWith(this.#store.print(held.number), one.print)) {
        partner.isClean = true
        partner.differs = 0
        partner.failures = 0
        partner.vain = 0
      } else {
        // Who is just getting what it lacks needs no help.
        partner.differs = isMoving && one.state === 'syncing' ? 1 : partner.differs + 1
        // What is just being written differs once.
        if (partner.differs > 1) partner.isClean = false
      }
    }
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
    if (how === 'clean') return found(partner, now, this.#times)
    putOff(partner, now, { isOwner: this.#ownersOf(sector).includes(relay), ...this.#times })
    partner.proof = undefined
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

  /** Says of sectors whether a relay owns them. */
  #ownerCheck(relay: string): (sector: number) => boolean {
    const placement = this.#placement
    const number = placement?.memberNumber(relay)
    return (sector) => placement?.isOwner(number, sector) === true
  }

  /** Brings the list of sectors, and their states, up to date; `next` does so too. */
  look(now: number): void {
    const here = this.#ours.slice()
    for (const sector of this.#store.held()) here[sector] = 1
    const all: HeldSector[] = []
    for (let sector = 0; sector < SECTORS; sector++) {
      if (here[sector] !== 1) {
        this.#sectors[sector] = undefined
        continue
      }
      const held = (this.#sectors[sector] ??= new HeldSector(sector))
      all.push(held)
      held.tidy(this.#ownersOf(sector))
      if (this.#ours[sector] !== 1) {
        if (held.state !== 'leaving') held.leavingSince = now
        held.state = 'leaving'
      } else {
        if (held.state === 'leaving') held.state = 'syncing'
        if (held.state === 'syncing' && this.#isComplete(held, now)) held.state = 'serving'
      }
    }
    this.#held = all
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

  /** Adds the comparisons that a sector needs. */
  #want(held: HeldSector, now: number, wanted: Wanted[]): void {
    const owners = this.#ownersOf(held.number)
    const isLeaving = held.state === 'leaving'
    const mayGo = isLeaving && (this.#isDraining || now - held.leavingSince >= this.#times.holdMs)
    // Proofs are of use when all owners serve; else they would be too old by the time.
    const canGo = mayGo && owners.every((owner) => held.partners.get(owner)?.says === 'serving')
    for (const [relay, partner] of held.partners) {
      if (partner.says === undefined || partner.isBusy || partner.retryAt > now || !this.#isReached(relay, now)) continue
      if (isLeaving && !owners.includes(relay)) continue
      if (!partner.isClean) {
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
      this.#heardAt.delete(relay)
      this.#knownOf.delete(relay)
      for (const { partners } of this.#held) {
        const partner = partners.get(relay)
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

function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[i] !== start[i]) return false
  return true
}
