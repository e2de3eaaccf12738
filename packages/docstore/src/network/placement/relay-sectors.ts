import type { Connection } from '@libp2p/interface'
import {
  cidText,
  DAG_CBOR,
  DocstoreError,
  equalBytes,
  errorCode,
  type Ledger,
  type NamespaceSync,
  type Parts,
  type Replica,
  type Session,
  Slots,
  Turns,
  toHex,
} from '@p2p-docstore/core'
import {
  ALL_PARTS,
  areNoParts,
  bothParts,
  type Compared,
  coversParts,
  type Home,
  joinedParts,
  MAX_SPLIT,
  NO_PARTS,
  partsWithout,
  type Placement,
  Repair,
  type RepairAction,
  type SectorState,
  type SectorStatus,
  SECTORS,
} from '@p2p-docstore/core/placement'
import type { Misconduct } from '../admission/index.ts'
import type { Streams } from '../sync/index.ts'
import { delay, firstOf } from '../timing/index.ts'
import type { SectorsReport } from '../types.ts'
import { StatusAsker } from './ask-status.ts'
import { keptEqualWith } from './kept-equal.ts'
import type { KnownSplits } from './known-splits.ts'
import {
  ABSENT_MS,
  BRING_MS,
  COMPARE_MS,
  LINK_MS,
  MAX_ABSENT,
  MAX_BRINGING,
  MAX_BRINGING_IN_ALL,
  MAX_BROUGHT,
  MAX_FRESH,
  MAX_NEEDED_RELAYS,
  MAX_PROVED,
  MAX_READERS_AT_ONCE,
  MAX_TOLD_AT_ONCE,
  NEXT_READER_MS,
  MAX_SETTLED,
  READ_MS,
  RETRY_WHOLE_MS,
} from './limits.ts'
import { type ListedPrint, SALT_BYTES, type Standing } from './messages.ts'
import { Moved, noTraffic } from './moved.ts'
import type { PlacementView } from './placement-view.ts'
import { SectorContents } from './sector-contents.ts'
import { keyBytes, serveStatus } from './serve-status.ts'

/** How often everything that lies here is looked at, statuses: what nobody told is found out then. */
const LOOK_AT_ALL_EVERY = 10
/** Looks at the sectors after which what a peer brought is told by these alone. */
const FRESH_LOOKS = 3
/** Errors after which nothing else of a sector can be moved either. */
const ENDING: ReadonlySet<string> = new Set(['connection-lost', 'closed', 'no-answer', 'quota', 'disk-full'])
/** Relays that were told within this part of the time between statuses are not told again. */
const TOLD_LATELY = 0.75
/** Begins the notes of which namespaces only a part may be here, among the small values of the peer. */
const IN_PARTS = 'in-parts/'
/** How long is waited for more that is written in namespaces that are split, milliseconds. */
const FRESHEN_MS = 250

/** What a relay does about sectors, and on what it stands. */
export interface RelaySectorsInit {
  readonly replica: Replica
  readonly networkId: string
  /** The key of this relay, as in its descriptor. */
  readonly key: Uint8Array
  readonly libp2p: Streams
  readonly misconduct: Misconduct
  readonly ledgerOf: (peer: string) => Ledger
  readonly view: PlacementView
  /** How namespaces are split, which the view goes by. */
  readonly splits: KnownSplits
  /** Whether it gives up what it does not own. */
  readonly givesUp: boolean
  /** A connection to a relay, where there is one. */
  readonly connection: (peer: string) => Connection | undefined
  /** The sessions with relays that there are now. */
  readonly sessions: () => readonly Session[]
  /** The session with a relay, as soon as there is one. Links come about by `needed`. */
  readonly session: (peer: string, signal: AbortSignal) => Promise<Session>
  /** How a namespace stands with a relay that there is a session with. */
  readonly status: (peer: string, ns: string) => NamespaceSync | undefined
  /** Whether a program on the data of this relay has opened a namespace. */
  readonly isUsed: (ns: string) => boolean
  /** Called when other relays are needed than before. */
  readonly onNeeds: () => void
  /** Called when it may have changed with whom namespaces are kept equal. */
  readonly onChange: () => void
  /** Called when something of a namespace was written here, or came, or does not come. */
  readonly onBrought: (ns: string) => void
  /** Called when a namespace was given up, with all that lay here of it. */
  readonly onGone: (ns: string) => void
  readonly onError: (message: string, error: unknown) => void
}

/** Keeps the sectors of this relay whole, hands on what belongs to others, and gives that up once they have it. */
export class RelaySectors {
  readonly #init: RelaySectorsInit
  readonly #self: string
  readonly #contents: SectorContents
  readonly #ended = new AbortController()
  readonly #running = new Set<Promise<void>>()
  /** Where sectors are compared one relay after another: what two have is fetched once. */
  readonly #turns = new Map<number, Turns>()
  readonly #toldAt = new Map<string, number>()
  /** What is here because somebody asked for it, by namespace. */
  readonly #brought = new Map<string, Parts>()
  /** Of which namespaces it is known, split as they are, that nothing of these parts is at former owners alone. */
  readonly #settled = new Map<string, { readonly split: number; readonly parts: Parts }>()
  /** Namespaces of which only a part may be here, and how often they have been halved at most. */
  readonly #inParts: Map<string, number>
  readonly #settling = new Map<string, Promise<void>>()
  /** When parts of a namespace were last found to be whole here for who reads them. */
  readonly #readAt = new Map<string, number>()
  /** What is just given up, by namespace and sector: until it is known what is left, it counts as lacking, and does not come again. */
  readonly #going = new Set<string>()
  /** What is coming, by namespace and sector; whether it came. */
  readonly #bringing = new Map<string, Promise<boolean>>()
  /** Of those, such as go on to come though nobody is kept waiting. */
  readonly #begun = new Set<string>()
  /** When it was known that there is no such namespace, and when nobody who would know answered. */
  readonly #absent = new Map<string, number>()
  readonly #unanswered = new Map<string, number>()
  /** What peers have just brought, and before which look at the sectors. */
  readonly #fresh = new Map<string, number>()
  readonly #counts = { compared: 0, dropped: 0 }
  readonly #moved = new Moved()
  #repair: Repair | undefined
  #placement: Placement | undefined
  /** Namespaces that are split in which something was written since they were looked at. */
  readonly #unseen = new Set<string>()
  #unlisten: (() => void) | undefined
  #isDraining: boolean
  #ticks = 0

  private constructor(init: RelaySectorsInit, contents: SectorContents, inParts: ReadonlyMap<string, number>, isDraining: boolean) {
    this.#inParts = new Map(inParts)
    this.#init = init
    this.#self = toHex(init.key)
    this.#contents = contents
    this.#isDraining = isDraining
  }

  static async start(init: RelaySectorsInit, { isDraining = false }: { readonly isDraining?: boolean } = {}): Promise<RelaySectors> {
    const { replica, view, networkId, libp2p, misconduct, ledgerOf } = init
    const inParts = new Map((await replica.listMeta(IN_PARTS)).map(([key, value]) => [key.slice(IN_PARTS.length), value[0] ?? MAX_SPLIT]))
    const contents = new SectorContents({
      replica,
      homesOf: (ns) => view.homes(ns),
      isKept: (ns, home, records) => sectors.#isKept(ns, home, records),
      isToGo: (sector): boolean => init.givesUp || sectors.#isDraining || view.placement.ownerNames(sector).includes(toHex(init.key)),
    })
    const sectors: RelaySectors = new RelaySectors(init, contents, inParts, isDraining)
    await serveStatus(libp2p, {
      replica,
      networkId,
      misconduct,
      ledgerOf,
      keyOf: (peer) => view.keyOf(peer),
      contents,
      partsIn: (ns, sector) => sectors.#partsIn(ns, sector),
      isAtWork: () => sectors.#isAtWork,
      heard: (relay, theirs) => sectors.#heard(relay, theirs),
      where: (sector) => sectors.standings(sector),
      report: () => sectors.report(),
    })
    sectors.#unlisten = init.replica.onCommit(({ namespace }) => {
      if (init.givesUp && init.splits.of(namespace) > 0) sectors.freshen(namespace)
    })
    sectors.#background(sectors.#run())
    return sectors
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    this.#unlisten?.()
    await Promise.allSettled([...this.#running, ...this.#bringing.values(), ...this.#settling.values()])
    this.#contents.stop()
  }

  /** Whether this relay is to have a namespace, or a part of it, for good; `split`: where that is known of one whose head is not here. */
  owns(ns: string, split?: number): boolean {
    return this.ownedParts(ns, split) !== undefined
  }

  /** What of a namespace it is to have for good; `undefined` where not even its head. */
  ownedParts(ns: string, split?: number): Parts | undefined {
    let owned: Parts | undefined
    for (const { sector, parts = ALL_PARTS } of this.#init.view.homes(ns, split))
      if (this.#ownsSector(sector)) owned = joinedParts(owned ?? NO_PARTS, parts)
    return owned
  }

  #ownsSector(sector: number): boolean {
    const { view, givesUp } = this.#init
    if (this.#isDraining) return false
    return !givesUp || !view.isPlaced || view.placement.ownerNames(sector).includes(this.#self)
  }

  /** Whether what is here of a namespace counts as lying in this sector. Where a part is kept, the head is here, and no more than that of other parts. */
  #isKept(ns: string, { sector, parts }: Home, records: number): boolean {
    if (parts === undefined || records > 0 || this.#ownsSector(sector)) return true
    return !this.owns(ns) && sector === this.#init.view.sector(ns)
  }

  /** What of a namespace lies in a sector; `undefined` for all of it. */
  #partsIn(ns: string, sector: number): Parts | undefined {
    const home = this.#init.view.homes(ns).find((one) => one.sector === sector)
    // Its head may say by now that it lies elsewhere.
    return home === undefined ? NO_PARTS : home.parts
  }

  /** What of a namespace this relay keeps equal with another one all the time; `undefined`: nothing, not even its head. */
  partsWith(peer: string, ns: string): Parts | undefined {
    const { view, givesUp } = this.#init
    if (!view.isPlaced && !this.#isDraining) return ALL_PARTS
    const key = view.keyOf(peer)
    const homes = view.homes(ns)
    if (homes.length === 0) return ALL_PARTS
    if (key === undefined) return givesUp && homes.length > 1 ? (this.ownedParts(ns) ?? NO_PARTS) : ALL_PARTS
    if (!givesUp && !this.#isDraining) return view.staysAt(peer, ns)
    let shared: Parts | undefined
    for (const home of homes) if (this.#keepsEqual(key, ns, home)) shared = joinedParts(shared ?? NO_PARTS, home.parts ?? ALL_PARTS)
    return shared
  }

  /** Whether this relay keeps what lies in one sector of a namespace equal with another relay, by its key. */
  #keepsEqual(key: string, ns: string, { sector, parts }: Home): boolean {
    const { view } = this.#init
    const owners = view.placement.ownerNames(sector)
    // It comes from whom it was asked of.
    const place = placeOf(ns, sector)
    if (!owners.includes(key) || this.#bringing.has(place) || this.#going.has(place)) return false
    const isOwned = !this.#isDraining && owners.includes(this.#self)
    const because = this.#fresh.has(ns) ? 'brought' : this.#isRead(ns, parts ?? ALL_PARTS) ? 'read' : undefined
    if (parts !== undefined && !isOwned && this.#contents.printOf(sector, ns) === undefined) {
      // Nothing of that part is here, but somebody may read it here; and heads come to all through those who have them in any case.
      const isWanted = because !== undefined || sector === view.sector(ns)
      return isWanted && (because === 'brought' || this.#contact(owners) === key)
    }
    return keptEqualWith({
      self: this.#self,
      owners,
      state: this.#repair?.state(sector),
      says: (relay) => this.#repair?.says(relay, sector),
      because,
      isCompared: this.#turns.has(sector),
    }).includes(key)
  }

  /** Whether parts are here, or are to be, because somebody reads them. */
  #isRead(ns: string, parts: Parts): boolean {
    const brought = this.#brought.get(ns)
    return (brought !== undefined && coversParts(brought, parts)) || (!areNoParts(parts) && this.#init.isUsed(ns))
  }

  /** Of relays by their keys, the first one that is connected, or else the first. */
  #contact(owners: readonly string[]): string | undefined {
    const { view, connection } = this.#init
    const isConnected = (key: string): boolean => {
      const peer = view.peerOf(key)
      return peer !== undefined && connection(peer) !== undefined
    }
    const others = owners.filter((owner) => owner !== this.#self)
    return others.find(isConnected) ?? others[0]
  }

  /** A peer that is no relay brings a namespace. */
  came(ns: string): void {
    if (this.#fresh.size < MAX_FRESH) this.#fresh.set(ns, this.#ticks)
  }

  /** Whether what another relay has comes here by comparing sectors, and stays equal so: namespaces need not be listed or compared one by one. */
  compares(peer: string): boolean {
    const { view, givesUp } = this.#init
    return givesUp && view.isPlaced && !this.#isDraining && view.keyOf(peer) !== undefined
  }

  /** Relays to be linked to: those that have to do with what lies here. */
  needed(): readonly string[] {
    const { view } = this.#init
    if (!this.#isAtWork) return []
    const partners = new Set([...(this.#repair?.partners() ?? []), ...this.#contacts()])
    return [...partners].flatMap((key) => view.peerOf(key) ?? []).slice(0, MAX_NEEDED_RELAYS)
  }

  /** Relays from which come heads of namespaces of which parts are here, and parts that somebody reads here. */
  *#contacts(): Iterable<string> {
    const { view, splits, givesUp } = this.#init
    if (!givesUp || !view.isPlaced) return
    for (const ns of splits.all)
      for (const { sector, parts } of view.homes(ns)) {
        if (this.#ownsSector(sector) || parts === undefined) continue
        const contact = sector === view.sector(ns) || this.#isRead(ns, parts) ? this.#contact(view.placement.ownerNames(sector)) : undefined
        if (contact !== undefined) yield contact
      }
  }

  /** Lets others take over all that lies here, or no more. */
  drain(isDraining: boolean): void {
    if (this.#isDraining === isDraining) return
    this.#isDraining = isDraining
    // What is known of others stays with them; what is to be here is another thing from now on.
    this.#repair = undefined
    this.#toldAt.clear()
    this.#background(this.#tick())
  }

  async report(): Promise<SectorsReport> {
    this.#moved.count(this.#init.sessions())
    const { view, givesUp } = this.#init
    const { placement } = view
    const repair = this.#repair
    if (this.#isAtWork) await this.#contents.refresh()
    const states = Array.from({ length: SECTORS }, (_, sector) => repair?.state(sector))
    const count = (state: SectorState): number => states.filter((one) => one === state).length
    const owned = this.#isDraining ? 0 : placement.isEverywhere ? SECTORS : placement.ownedBy(this.#self).length
    const { sectors: leaving, safe } = repair?.leaving(performance.now()) ?? { sectors: 0, safe: 0 }
    const unsafe = this.#isDraining || givesUp ? this.#unsafe() : 0
    return {
      members: placement.members.length,
      copies: placement.wanted,
      everywhere: !view.isPlaced,
      draining: this.#isDraining,
      owned,
      serving: view.isPlaced || this.#isDraining ? count('serving') : owned,
      syncing: view.isPlaced || this.#isDraining ? count('syncing') : 0,
      leaving,
      safe,
      unsafe,
      ...this.#counts,
      moved: this.#moved.report((ns) => this.owns(ns)),
    }
  }

  /** Namespaces that lie here, belong to others, and are not known to be safe with them. */
  #unsafe(): number {
    const now = performance.now()
    let unsafe = 0
    for (const sector of this.#contents.all) {
      const all = this.#contents.namespaces(sector)
      if (this.#ownsSector(sector)) continue
      if (this.#repair?.isSafe(sector, now) !== true) unsafe += all.length
    }
    return unsafe
  }

  /**
   * Gets a namespace from its owners that somebody asks for, to have it for a while. Of one that is split, what of these parts is not here comes from the
   * owners of each: throws `busy` where that is not possible now, since what is here would be taken for all; and where nobody could say whether there is one.
   */
  async bring(ns: string, parts: Parts = ALL_PARTS): Promise<void> {
    const { view, replica, splits, givesUp } = this.#init
    // One that has kept parts, and keeps everything since, gets the rest first.
    if (!givesUp) return this.#bringAll(ns)
    // Its head may have come a moment ago.
    await splits.look(ns)
    const isHere = (await replica.namespace(ns)) !== undefined
    if (isHere && splits.of(ns) === 0 && !this.#inParts.has(ns)) return
    const sector = view.sector(ns)
    if (sector === undefined) return
    if (!view.isPlaced) return this.#bringAll(ns)
    if (!isHere) {
      if (this.#isAbsent(ns)) return
      if (this.#isRecent(this.#unanswered.get(ns), RETRY_WHOLE_MS)) throw busy('The relays that would have the namespace do not answer. Try again')
      // Of one that is large, who asks is told what has come; the rest comes then as well.
      await this.#getting(ns, sector)
      if ((await replica.namespace(ns)) === undefined) {
        if (this.#isAbsent(ns)) return
        throw busy('The relays that would have the namespace do not answer. Try again')
      }
      await splits.look(ns)
    }
    const split = splits.of(ns)
    // Of one whose head says that it is whole, all is told, whatever was asked for.
    const wanted = split === 0 ? ALL_PARTS : parts
    const lacking = view.homes(ns).filter((home) => this.#lacks(ns, home, wanted))
    const isWhole = split === 0 && !this.#inParts.has(ns)
    const isSettled = isWhole || (await this.#settle(ns, wanted))
    const came = this.#isGoing(ns) ? [] : await Promise.all(lacking.map((home) => this.#getting(ns, home.sector)))
    if (!isSettled || this.#isGoing(ns) || split !== splits.of(ns) || !came.every((one) => one === true)) throw busy()
    if (!isWhole) this.#noteRead(ns)
  }

  /** Whether some of it is just given up. */
  #isGoing(ns: string): boolean {
    return this.#going.size > 0 && this.#init.view.homes(ns).some(({ sector }) => this.#going.has(placeOf(ns, sector)))
  }

  /** Whether an owner has just said that there is no such namespace. */
  #isAbsent(ns: string): boolean {
    return this.#isRecent(this.#absent.get(ns), ABSENT_MS)
  }

  #isRecent(at: number | undefined, forMs: number): boolean {
    return at !== undefined && performance.now() - at < forMs
  }

  /** From now on for a while, what is here of it is read. */
  #noteRead(ns: string): void {
    if (this.#readAt.size >= MAX_SETTLED) this.#readAt.clear()
    this.#readAt.set(ns, performance.now())
  }

  #isBeingRead(ns: string): boolean {
    const readAt = this.#readAt.get(ns)
    return readAt !== undefined && performance.now() - readAt < READ_MS
  }

  /** Where relays keep everything, one that has kept a part is to get the rest from all others first. */
  async #bringAll(ns: string): Promise<void> {
    const { view, session, replica } = this.#init
    if (!this.#inParts.has(ns)) return
    const others = view.placement.members.map(({ key }) => toHex(key)).filter((key) => key !== this.#self)
    const end = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(BRING_MS)])
    const all = others.map(async (key) => {
      const link = await session(view.peerOf(key) ?? '', end)
      await link.syncNow(ns, end)
    })
    if (others.length === 0 || (await Promise.allSettled(all)).some(({ status }) => status === 'rejected')) throw busy()
    this.#inParts.delete(ns)
    await replica.setMeta(IN_PARTS + ns, undefined)
  }

  /**
   * Gets what owners still have of some parts whom these had before the namespace was split so often: who owns them now may not have them yet, though they
   * serve their sectors. Resolves with whether one of each was asked.
   */
  async #settle(ns: string, parts: Parts): Promise<boolean> {
    if (this.#isSettled(ns, parts)) return true
    let settling = this.#settling.get(ns)
    if (settling === undefined) {
      if (this.#settling.size >= MAX_BRINGING_IN_ALL) return false
      settling = this.#takeFormers(ns, parts).finally(() => this.#settling.delete(ns))
      this.#settling.set(ns, settling)
    }
    // What is large goes on to come.
    await Promise.race([settling, delay(BRING_MS, this.#ended.signal)])
    return this.#isSettled(ns, parts)
  }

  #isSettled(ns: string, parts: Parts): boolean {
    const settled = this.#settled.get(ns)
    return settled?.split === this.#init.splits.of(ns) && coversParts(settled.parts, parts)
  }

  async #takeFormers(ns: string, parts: Parts): Promise<void> {
    const { view, splits } = this.#init
    const split = splits.of(ns)
    // A head of a later epoch can say less than one of before.
    const most = Math.max(split, this.#inParts.get(ns) ?? 0)
    const before = this.#settled.get(ns)
    const known = before?.split === split ? before.parts : NO_PARTS
    const left = partsWithout(parts, known)
    const end = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(COMPARE_MS)])
    for (let level = 0; level <= most; level++)
      for (const { sector, parts: former = ALL_PARTS } of level === split ? [] : view.homes(ns, level)) {
        const wanted = bothParts(former, left)
        if (!areNoParts(wanted) && !(await this.#takeFormer(ns, sector, wanted, end))) return
      }
    if (this.#settled.size >= MAX_SETTLED) this.#settled.clear()
    this.#settled.set(ns, { split, parts: joinedParts(known, left) })
  }

  /** Gets what lies of some parts at an owner of a sector in which they were before. */
  async #takeFormer(ns: string, sector: number, parts: Parts, end: AbortSignal): Promise<boolean> {
    const { view, session, onError } = this.#init
    const owners = view.placement.ownerNames(sector)
    // What it owned itself is here.
    if (this.#ownsSector(sector) && this.#repair?.state(sector) === 'serving') return true
    const ask = async (key: string, signal: AbortSignal): Promise<true | undefined> => {
      try {
        const peer = view.peerOf(key) ?? ''
        const link = await session(peer, signal)
        if (!(await this.#serves(peer, sector, signal))) return undefined
        await link.syncOnce(ns, signal, { partsOf: async () => parts, isTaking: true, traffic: this.#moved.reading })
        return true
      } catch (error) {
        if (!signal.aborted) onError('a former owner of parts could not be asked - %e', error)
        return undefined
      }
    }
    const others = owners.filter((owner) => owner !== this.#self).map((key) => (signal: AbortSignal) => ask(key, signal))
    return (await firstOf(others, { signal: end, nextMs: NEXT_READER_MS, atOnce: MAX_READERS_AT_ONCE })) === true
  }

  /** Whether of some parts of a namespace, what lies in one sector is not known to be whole here. */
  #lacks(ns: string, { sector, parts: lying }: Home, wanted: Parts): boolean {
    const { view, status } = this.#init
    if (lying === undefined && !this.#inParts.has(ns)) return false
    const parts = lying ?? ALL_PARTS
    if (coversParts(partsWithout(wanted, parts), wanted)) return false
    if (this.#going.has(placeOf(ns, sector))) return true
    if (this.#ownsSector(sector)) return this.#repair?.state(sector) !== 'serving'
    if (!this.#isRead(ns, parts)) return true
    // News come from one of its owners.
    return !view.placement.ownerNames(sector).some((owner) => {
      const sync = status(view.peerOf(owner) ?? '', ns)
      return sync?.state === 'live' && coversParts(sync.parts ?? ALL_PARTS, parts)
    })
  }

  /** Gets what lies in a sector of a namespace; resolves with whether all of it is here, `undefined` after a while. */
  #getting(ns: string, sector: number): Promise<boolean | undefined> {
    const place = placeOf(ns, sector)
    let bringing = this.#bringing.get(place)
    if (bringing === undefined) {
      // Large ones that go on to come keep nobody else from reading.
      const isFull = this.#bringing.size - this.#begun.size >= MAX_BRINGING || this.#bringing.size >= MAX_BRINGING_IN_ALL
      if (isFull || (this.#brought.size >= MAX_BROUGHT && !this.#brought.has(ns))) return Promise.resolve(false)
      bringing = this.#bring(ns, sector).finally(() => {
        this.#bringing.delete(place)
        this.#begun.delete(place)
        this.#init.onBrought(ns)
      })
      this.#bringing.set(place, bringing)
    }
    return Promise.race([bringing, delay(BRING_MS, this.#ended.signal).then(() => undefined)])
  }

  async #bring(ns: string, sector: number): Promise<boolean> {
    const { view, replica, session, connection } = this.#init
    const partsOf = (): Promise<Parts | undefined> => this.#freshPartsIn(ns, sector)
    // One whose head is here is split: it is to be whole.
    const isPart = (await replica.namespace(ns)) !== undefined
    const { signal } = this.#ended
    const readers = this.#repair?.readers(sector, performance.now()) ?? view.placement.ownerNames(sector)
    const peers = readers.flatMap((key) => (key === this.#self ? [] : (view.peerOf(key) ?? [])))
    const isConnected = (peer: string): boolean => connection(peer) !== undefined
    const isHere = async (): Promise<boolean> => (await replica.namespace(ns)) !== undefined
    const hasBegun = async (): Promise<boolean> => (isPart ? traffic.kinds.has('pull') || traffic.kinds.has('fetch') : isHere())
    const late = new AbortController()
    const sending: Promise<void>[] = []
    const traffic = noTraffic()
    // What it serves itself would be here.
    let isUnknown = this.#ownsSector(sector) && this.#repair?.state(sector) === 'serving'
    const askEach = [...peers.filter(isConnected), ...peers.filter((peer) => !isConnected(peer))].map((peer) => async (end: AbortSignal) => {
      try {
        const link = await session(peer, end)
        // Once it has begun to come, whoever sends it goes on until it is here; should that fail, the next one does.
        if (await hasBegun()) await Promise.allSettled(sending)
        end.throwIfAborted()
        // Asked before it gives anything: what it did not serve then may have been less.
        const isWhole = !isPart || (await this.#serves(peer, sector, end))
        const sent = link.syncOnce(ns, end, { traffic, partsOf })
        sending.push(sent)
        await sent
        if (await isHere()) return isWhole ? true : undefined
        if (await this.#serves(peer, sector, end)) isUnknown = true
        return undefined
      } catch (error) {
        if (!end.aborted) this.#init.onError('a namespace that was asked for did not come from one of its owners - %e', error)
        return undefined
      }
    })
    const end = AbortSignal.any([signal, late.signal, AbortSignal.timeout(COMPARE_MS)])
    const giveUp = async (): Promise<void> => {
      await delay(BRING_MS, end)
      if (await isHere()) this.#begun.add(placeOf(ns, sector))
      else late.abort()
    }
    // One that was killed a moment ago holds up nobody; two that send the same at once would be of no use to anybody.
    const asked = firstOf(askEach, { signal: end, nextMs: NEXT_READER_MS, atOnce: MAX_READERS_AT_ONCE })
    const [came] = await Promise.all([asked.finally(() => late.abort()), giveUp()])
    this.#moved.fetched(ns, traffic)
    if (await isHere()) {
      const parts = (await partsOf()) ?? ALL_PARTS
      if (came === true && !this.#ownsSector(sector)) this.#brought.set(ns, joinedParts(this.#brought.get(ns) ?? NO_PARTS, parts))
      return came === true
    }
    const noted = isUnknown ? this.#absent : this.#unanswered
    if (noted.size >= MAX_ABSENT) noted.clear()
    noted.set(ns, performance.now())
    return false
  }

  /** What of a namespace lies in a sector, by the head that is here now; all of it, where none is. */
  async #freshPartsIn(ns: string, sector: number): Promise<Parts | undefined> {
    const { replica, splits } = this.#init
    await splits.look(ns)
    return (await replica.namespace(ns)) === undefined ? undefined : this.#partsIn(ns, sector)
  }

  /** Whether another relay says that it serves a sector. */
  async #serves(peer: string, sector: number, signal: AbortSignal): Promise<boolean> {
    const { connection, view } = this.#init
    const to = connection(peer)
    if (to === undefined) return false
    const [own] = await this.#asker(to).where(sector, signal)
    return own?.state === 'serving' && toHex(own.by) === view.keyOf(peer)
  }

  async #run(): Promise<void> {
    const { view } = this.#init
    const { signal } = this.#ended
    // Relays that began together do not speak together.
    await delay(Math.random() * view.times.statusMs, signal)
    while (!signal.aborted) {
      await this.#tick()
      await delay(view.times.statusMs * (0.9 + 0.2 * Math.random()), signal)
    }
  }

  /** Never fails: what went wrong is tried again the next time. */
  async #tick(): Promise<void> {
    this.#moved.count(this.#init.sessions())
    try {
      this.#lookAtParts()
      for (const ns of this.#init.splits.all) await this.#noteInParts(ns)
      for (const ns of this.#readAt.keys()) if (!this.#isBeingRead(ns)) this.#readAt.delete(ns)
      if (this.#isAtWork) await this.#contents.refresh({ all: ++this.#ticks % LOOK_AT_ALL_EVERY === 0 })
      for (const [ns, tick] of this.#fresh) if (this.#ticks - tick > FRESH_LOOKS) this.#fresh.delete(ns)
      if (!this.#place()) return
      await this.#work()
      await this.#tellAll()
      this.#init.onChange()
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#init.onError('sectors could not be looked after - %e', error)
    }
  }

  /** Which parts of a namespace count as lying here follows from who owns what. */
  #lookAtParts(): void {
    const { view, splits } = this.#init
    if (view.placement === this.#placement) return
    this.#placement = view.placement
    for (const ns of splits.all) this.#contents.touched(ns)
  }

  /** The head of a namespace says that it lies elsewhere than before. */
  splitChanged(ns: string): void {
    this.#contents.touched(ns)
    this.freshen(ns)
    this.#background(this.#noteInParts(ns))
  }

  /** From here on only a part of it may be here. */
  async #noteInParts(ns: string): Promise<void> {
    const { view, givesUp, replica, splits, onError } = this.#init
    const split = splits.of(ns)
    const before = this.#inParts.get(ns)
    if (!givesUp || !view.isPlaced || split <= (before ?? 0)) return
    this.#inParts.set(ns, split)
    try {
      await replica.setMeta(IN_PARTS + ns, Uint8Array.of(split))
    } catch (error) {
      if (before === undefined) this.#inParts.delete(ns)
      else this.#inParts.set(ns, before)
      if (!this.#ended.signal.aborted) onError('that a namespace is here in parts could not be noted - %e', error)
    }
  }

  /** Something was written in a namespace that is split: it is told at once to the owners of that part, whichever this is. */
  freshen(ns: string): void {
    if (!this.#isAtWork || !this.#contents.isKnown) return
    const isAlone = this.#unseen.size === 0
    this.#unseen.add(ns)
    if (isAlone) this.#background(this.#freshen())
  }

  async #freshen(): Promise<void> {
    const { signal } = this.#ended
    await delay(FRESHEN_MS, signal)
    const all = [...this.#unseen]
    this.#unseen.clear()
    if (signal.aborted) return
    try {
      await this.#contents.refresh()
      for (const ns of all) this.#init.onBrought(ns)
    } catch (error) {
      // The next look finds it.
      if (!signal.aborted) this.#init.onError('what was written could not be looked at - %e', error)
    }
  }

  /** Whether there is anything to agree about with other relays. */
  get #isAtWork(): boolean {
    return this.#init.view.isAtWork || this.#isDraining
  }

  /** Brings up to date who owns what; whether there is anything to agree about, and it is known what lies here. */
  #place(): boolean {
    const { view, key } = this.#init
    if (!this.#isAtWork) {
      // Everybody keeps everything. Should that end, all sectors are looked at anew.
      if (this.#repair !== undefined) this.#init.onChange()
      this.#repair = undefined
      return false
    }
    if (!this.#contents.isKnown) return false
    if (this.#repair === undefined) {
      this.#repair = new Repair(key, this.#contents, view.times)
      if (this.#isDraining) this.#repair.drain()
    }
    this.#repair.place(view.placement)
    return true
  }

  #heard(relay: string, theirs: readonly SectorStatus[]): readonly SectorStatus[] {
    if (!this.#place() || this.#repair === undefined) return []
    // What has come since the last look is one of the sectors here too.
    this.#repair.look(performance.now())
    this.#repair.heard(relay, theirs, performance.now(), { isAnswer: false })
    const ours = this.#repair.status(relay, theirs)
    if (ours.length === theirs.length) this.#toldAt.set(relay, performance.now())
    return ours
  }

  /** How a sector stands here, and at others of which this relay heard. */
  standings(sector: number): readonly Standing[] {
    const repair = this.#repair
    const own = repair?.state(sector)
    const others = repair?.standings(sector) ?? []
    return [...(own === undefined ? [] : [{ by: this.#init.key, state: own }]), ...others.map(({ relay, state }) => ({ by: keyBytes(relay), state }))]
  }

  async #tellAll(): Promise<void> {
    const { view } = this.#init
    const slots = new Slots(MAX_TOLD_AT_ONCE)
    const isDue = (relay: string): boolean =>
      performance.now() - (this.#toldAt.get(relay) ?? Number.NEGATIVE_INFINITY) >= TOLD_LATELY * view.times.statusMs
    const due = [...(this.#repair?.toTell(performance.now()) ?? [])].filter(isDue)
    this.#init.onNeeds()
    await Promise.all(due.map((relay) => slots.take(() => this.#tell(relay))))
  }

  async #tell(relay: string): Promise<void> {
    const repair = this.#repair
    const { connection, view, onError } = this.#init
    const peer = view.peerOf(relay)
    const to = peer === undefined ? undefined : connection(peer)
    if (repair === undefined || to === undefined) return
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(LINK_MS)])
    try {
      const theirs = await this.#asker(to).status(repair.status(relay), signal)
      this.#toldAt.set(relay, performance.now())
      repair.heard(relay, theirs, performance.now(), { isAnswer: true })
    } catch (error) {
      // One of a former release, or that is just leaving: nobody gives up anything without its word.
      if (!this.#ended.signal.aborted) onError('a relay could not be told how sectors stand - %e', error)
    }
  }

  /** Does what is to be done now; what takes long goes on by itself. */
  async #work(): Promise<void> {
    // Nothing may go by a view of before.
    this.#place()
    const repair = this.#repair
    if (repair === undefined || this.#ended.signal.aborted) return
    for (const action of repair.next(performance.now())) {
      if (action.do === 'drop') await this.#drop(action.sector, action.version)
      else this.#background(this.#doWith(repair, action))
    }
  }

  async #doWith(repair: Repair, action: Exclude<RepairAction, { do: 'drop' }>): Promise<void> {
    const { relay, sector } = action
    let how: Compared = 'failed'
    try {
      how = action.do === 'compare' ? await this.#compareInTurn(relay, sector) : await this.#prove(relay, sector)
    } catch (error) {
      if (errorCode(error) === 'quota' || errorCode(error) === 'disk-full') how = 'no-room'
      if (!this.#ended.signal.aborted) this.#init.onError('a sector could not be compared - %e', error)
    }
    if (how === 'clean' && action.do === 'compare') this.#counts.compared++
    if (action.do === 'prove') await this.#contents.refresh()
    // What has changed while it was proved was not proved.
    const isStill = action.do === 'compare' || this.#contents.version(sector) === action.version
    repair.compared(relay, sector, isStill ? how : 'failed', performance.now(), action.do === 'prove' ? action.version : undefined)
    if (repair === this.#repair && repair.isBehind) await this.#work()
  }

  async #compareInTurn(relay: string, sector: number): Promise<Compared> {
    const turns = this.#turns.get(sector) ?? new Turns()
    this.#turns.set(sector, turns)
    try {
      return await turns.take(() => this.#compare(relay, sector))
    } finally {
      if (turns.isIdle) this.#turns.delete(sector)
    }
  }

  /** Makes what the owners among both are to have equal at both. */
  async #compare(relay: string, sector: number): Promise<Compared> {
    const { session, view } = this.#init
    const peer = view.peerOf(relay)
    if (peer === undefined) return 'failed'
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(COMPARE_MS)])
    const link = await session(peer, AbortSignal.any([signal, AbortSignal.timeout(LINK_MS)]))
    await this.#contents.refresh()
    // What came from one is what the others have, too.
    if (this.#repair?.agrees(relay, sector) === true) return 'clean'
    const theirs = await this.#listOf(relay, sector, signal)
    const differing = this.#differing(relay, sector, theirs)
    const prints = new Map(theirs.map(({ ns, print }) => [cidText(DAG_CBOR, ns), print]))
    const failures: unknown[] = []
    for (const ns of differing) {
      // Meanwhile somebody may have asked for it.
      await this.#bringing.get(placeOf(ns, sector))
      await this.#contents.refresh()
      if (this.#going.has(placeOf(ns, sector))) continue
      const [here, there] = [this.#contents.printOf(sector, ns), prints.get(ns)]
      if (here !== undefined && there !== undefined && equalBytes(here, there)) continue
      try {
        const shared = this.partsWith(peer, ns)
        const partsOf = (): Promise<Parts | undefined> => this.#freshPartsIn(ns, sector)
        if (shared !== undefined && coversParts(shared, this.#partsIn(ns, sector) ?? ALL_PARTS)) await link.syncNow(ns, signal)
        else await link.syncOnce(ns, signal, { partsOf, ...(this.#ownsSector(sector) ? {} : { traffic: this.#moved.handingOn }) })
      } catch (error) {
        if (signal.aborted || ENDING.has(errorCode(error))) throw error
        // One that cannot be made equal holds up none of the others.
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
    if (differing.length === 0) return 'clean'
    await this.#contents.refresh()
    if (this.#differing(relay, sector, theirs).length === 0) return 'clean'
    // It got something, too.
    return this.#differing(relay, sector, await this.#listOf(relay, sector, signal)).length === 0 ? 'clean' : 'failed'
  }

  async #listOf(relay: string, sector: number, signal: AbortSignal): Promise<readonly ListedPrint[]> {
    const { connection, view } = this.#init
    const peer = view.peerOf(relay)
    const to = peer === undefined ? undefined : connection(peer)
    if (to === undefined) throw new Error('not connected')
    const listed = await this.#asker(to).list(sector, signal)
    await this.#contents.refresh()
    return listed
  }

  /** Namespaces of a sector that one of both is to have and has not as the other has it. */
  #differing(relay: string, sector: number, listed: readonly ListedPrint[]): readonly string[] {
    const theirs = new Map(listed.map(({ ns, print }) => [cidText(DAG_CBOR, ns), print]))
    const ours = new Map(this.#contents.namespaces(sector).map(({ id, print }) => [id, print]))
    const owners = this.#init.view.placement.ownerNames(sector)
    const areOwners = { here: !this.#isDraining && owners.includes(this.#self), there: owners.includes(relay) }
    const differs = (ns: string): boolean => {
      const [a, b] = [ours.get(ns), theirs.get(ns)]
      if (a === undefined) return areOwners.here
      if (b === undefined) return areOwners.there
      return (areOwners.here || areOwners.there) && !equalBytes(a, b)
    }
    return [...new Set([...ours.keys(), ...theirs.keys()])].filter(differs)
  }

  #asker(to: Connection): StatusAsker {
    return new StatusAsker(to, this.#init.networkId, (kind, traffic) => this.#moved.note(kind, traffic))
  }

  /** Whether another relay has all that lies here of a sector. */
  async #prove(relay: string, sector: number): Promise<Compared> {
    const { connection, view, replica } = this.#init
    const peer = view.peerOf(relay)
    const to = peer === undefined ? undefined : connection(peer)
    if (to === undefined) return 'failed'
    const all = this.#contents.namespaces(sector)
    if (all.length > MAX_PROVED) return 'failed'
    const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(COMPARE_MS)])
    const [ours, theirs] = await Promise.all([
      replica.prove(all, salt),
      this.#asker(to).prove(
        all.some(({ parts }) => parts !== undefined) ? sector : undefined,
        all.map(({ digest }) => digest),
        salt,
        signal,
      ),
    ])
    return ours !== undefined && theirs !== undefined && equalBytes(ours, theirs) ? 'clean' : 'failed'
  }

  /** Gives up what lies here of a sector and is safe with others, except what somebody needs here. */
  async #drop(sector: number, version: number): Promise<void> {
    const { replica, givesUp, isUsed, onGone } = this.#init
    const all = this.#contents.namespaces(sector).filter(({ id }) => !isUsed(id))
    if (!givesUp || this.#contents.version(sector) !== version || this.#turns.has(sector)) return
    // Parts go page by page, which nobody may see who has just been told that all is here.
    if (all.length > 0 && all.every(({ id, parts }) => parts !== undefined && this.#isBeingRead(id))) return
    const going: string[] = []
    try {
      for (const kept of all) {
        const { id, parts } = kept
        if (parts !== undefined) {
          if (this.#isBeingRead(id)) continue
          going.push(placeOf(id, sector))
          this.#going.add(placeOf(id, sector))
          this.#isBroughtNoMore(id, parts)
        }
        // Each goes in one transaction, or each page of its parts, unless it is another than was proved.
        if (!(await replica.takeAway(id, kept, parts && { parts, isLast: !this.owns(id) }))) continue
        this.#isBroughtNoMore(id, parts)
        const isHere = (await replica.namespace(id)) !== undefined
        if (kept.count > 0 || !isHere) this.#counts.dropped++
        // Other parts of it may be here still.
        if (isHere) continue
        if (this.#inParts.delete(id)) await replica.setMeta(IN_PARTS + id, undefined)
        this.#moved.gone(id)
        onGone(id)
      }
    } finally {
      // Also where some of it could not go: who compares by what was here before would get it again.
      await this.#contents.refresh().finally(() => {
        for (const place of going) this.#going.delete(place)
      })
    }
    // What is left begins its time anew.
    this.#repair?.dropped(sector)
  }

  #isBroughtNoMore(ns: string, parts: Parts = ALL_PARTS): void {
    const brought = this.#brought.get(ns)
    this.#settled.delete(ns)
    if (brought === undefined) return
    if (coversParts(parts, brought)) this.#brought.delete(ns)
    else this.#brought.set(ns, partsWithout(brought, parts))
  }

  #background(work: Promise<void>): void {
    const running = work.finally(() => this.#running.delete(running))
    this.#running.add(running)
  }
}

/** The error of one that is not whole here. */
function busy(message = 'Parts of the namespace lie at other relays, and are not here yet. Try again'): DocstoreError {
  return new DocstoreError('busy', message, {
    details: { retryMs: RETRY_WHOLE_MS, retryAfter: RETRY_WHOLE_MS / 1000 },
  })
}

/** Names what lies in one sector of a namespace. */
function placeOf(ns: string, sector: number): string {
  return `${sector} ${ns}`
}
