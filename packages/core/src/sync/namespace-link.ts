import { sha256 } from '#crypto'
import { DocstoreError, errorCode } from '../errors.ts'
import { equalBytes, toHex } from '../model/bytes.ts'
import { cidOfBytes, DAG_CBOR } from '../model/encoding/cid.ts'
import { SLOT_BYTES } from '../model/record.ts'
import type { Refusal } from '../model/verdict.ts'
import { MAX_BATCH_BYTES } from '../replica/limits.ts'
import type { Acceptance, OutgoingBatch, Replica, SentRecord } from '../replica/types.ts'
import type { Difference } from '../sets/reconcile.ts'
import { SlotList } from '../sets/slot-list.ts'
import { Audits } from './audit.ts'
import type { Asking } from './channel.ts'
import { KeptPositions } from './kept-positions.ts'
import { LogLink } from './log-link.ts'
import type { Ledger } from './ledger.ts'
import { MAX_FETCH_SLOTS, MAX_HELD, MAX_PASSES, MAX_QUOTA_IN_A_ROW, MAX_ROUNDS, SMALL_PUSH_BYTES } from './limits.ts'
import { areNoParts, isInParts, type Parts } from '../sets/parts.ts'
import { CAN_HAS, CAN_HEAD, CAN_LOGS, CAN_PARTS, type Response } from './messages.ts'
import type { PeerClock } from './peer-clocks.ts'
import type { PutCollector } from './put-collector.ts'
import { splitOfHead } from './split-of-head.ts'
import { type NamespaceSync, newStatus } from './status.ts'
import type { Slots, Turns } from '../replica/turns.ts'

/** What the namespaces of one session share. */
export interface LinkContext {
  readonly replica: Replica
  readonly ledger: Ledger
  readonly now: () => number
  readonly random: () => number
  readonly clock: PeerClock | undefined
  readonly channel: () => Asking
  /** Id of the peer's database, from its greeting. */
  readonly theirEpoch: () => string
  /** Whether the peer keeps namespaces; one that does not is only told which are kept here. */
  readonly isKeeper: () => boolean
  /** Whether the peer named this word among those that it understands. */
  readonly can: (word: string) => boolean
  /** Batches are built, sent and stored one at a time, so that many namespaces do not fill the memory. */
  readonly transfers: Turns
  /** The same for pushes of few records, of which several are under way at once. */
  readonly smallPushes: Slots
  /** Sends batches to the peer, those of several namespaces together. */
  readonly puts: PutCollector
  /** Called when the peer's news count from this position of its local order on. */
  readonly onFollow: (ns: string, seq: number, parts?: Parts) => void
  /** Which parts of a namespace are to be equal on both sides, as far as its head is known; `undefined` for all of it. */
  readonly partsOf: (ns: string) => Promise<Parts | undefined>
  /** Whether nothing but heads and logs is given: what the peer has is got, and need not stay there. */
  readonly isTaking: boolean
  /** Called when some records were refused, so that they have to be tried again later. */
  readonly onRefused: (ns: string) => void
  /** Called when records came whose persons are not known here, so that their logs have to be fetched. */
  readonly onStrangers: (ns: string) => void
  /** Called when a head or a log has changed here of which the peer was not told. */
  readonly onUntold: (ns: string) => void
  /** Called when the peer held something of ours back. */
  readonly onHeld: () => void
  /** Asks the peer for its time once more. */
  readonly refreshClock: () => Promise<void>
  readonly onChange: (ns: string) => void
}

/** A side that has at most this part of what the other has is filled in order instead of compared: what it has already is sent again. */
const MOSTLY_EMPTY = 4
/** Batches in a row that bring nothing new until a copy in order is given up for a comparison. */
const MAX_IDLE_BATCHES = 2

/** Batches moved before another namespace that waits gets its turn. */
const BATCHES_PER_TURN = 8

/** Why a head is refused that does not keep two peers who have the namespace from exchanging records: each has one that it takes. */
const OTHER_HEAD: ReadonlySet<string> = new Set(['future', 'unknown-person', 'epoch-ahead', 'no-device', 'revoked'] satisfies Refusal[])

/** Of those, why one is refused for whom it is by: what says it is at nobody then. */
const NO_AUTHOR: readonly Refusal[] = ['no-device', 'revoked']

type News = Extract<Response, { t: 'news' }>

/** How much one side has. */
interface Extent {
  readonly count: number
  readonly seq: number
}

/** What one comparison did. */
interface Tally {
  moved: number
  /** Whether it covered both sets, and did not lean on what earlier sessions noted. */
  isComplete: boolean
  /** Records that we, or the peer, refused; those that only have to wait for their time are held. */
  refusedHere: number
  refusedThere: number
  heldHere: number
  /** Records that either side refused because it does not know their persons. */
  strangers: number
  /** What either side has forgotten: the other can do nothing about it until it has forgotten it too. */
  forgotten: number
  readonly heldThere: Map<number, SentRecord>
  /** Records, in whole batches one after another, of which none found room here. */
  quotaInARow: number
}

/** What a peer had no room for: where it begins here, and its size. Not its bytes: what is sent later must be what is here then. */
interface Waiting {
  readonly seq: number
  readonly bytes: number
}

/** One namespace and one peer: makes both sides equal, and sends what is new here. Its methods must not run at the same time, except `takeNews`. */
export class NamespaceLink {
  readonly status: NamespaceSync
  readonly #ns: string
  readonly #context: LinkContext
  readonly #audits: Audits
  /** Our local position up to which the peer was offered everything; `undefined` before the first comparison. */
  #pushed: number | undefined
  /** Which head and logs the peer was told of. What comes behind another one counts as delivered only with that. */
  #told: string | undefined
  /** How far earlier sessions came; known from the first comparison on. */
  #kept: KeptPositions | undefined
  /** Whether the peer refused something below `#pushed`, so that `acked` must not follow it. */
  #hasHole = false
  /** What of ours the peer holds back, by local position. */
  readonly #held = new Set<number>()
  /** Acts that the peer did not take at the last comparison as they lie ahead of its clock. */
  #heldActs: LogLink['held'] | undefined
  /** What the log of the owner ended with when the peer was sent it as the reason why its namespace is not taken. */
  #toldOwner: string | undefined
  #isOutOfRoom = false
  #isDropped = false
  /** A slot of the peer's for which there was no room here. */
  #noRoomFor: Uint8Array | undefined
  /** The smallest batch that the peer had no room for: whether it takes that one tells when there is room again. */
  #waiting: Waiting | undefined

  constructor(ns: string, context: LinkContext, before?: NamespaceSync) {
    this.#ns = ns
    this.#context = context
    this.status = newStatus(before)
    const { replica, now, random } = context
    const reconcile = async (question: Uint8Array): Promise<number> => {
      const { moved } = await this.#reconcile(newTally(), question)
      this.status.want = 0
      return moved
    }
    this.#audits = new Audits({ ns, replica, now, random, reconcile })
  }

  /** It is not wanted any more: nothing is taken or noted from here on. */
  drop(): void {
    this.#isDropped = true
  }

  #assertWanted(): void {
    if (this.#isDropped) throw new DocstoreError('not-wanted', 'The namespace is not wanted here any more')
  }

  /** Whether it was compared before, so that commits are to be pushed and news to be taken. */
  get isCompared(): boolean {
    return this.#pushed !== undefined
  }

  /**
   * Compares until both sides are equal, or have at least what the other had at the beginning; resolves with whether they were so before. Throws
   * `not-equal` where that is not possible.
   */
  async sync(): Promise<boolean> {
    const { replica, now, onFollow } = this.#context
    // What neither side had, neither has until the peer says something else.
    if (this.status.state !== 'live' && this.status.state !== 'absent') this.status.state = 'syncing'
    let kept = await this.#keptFor(await this.#wantedParts())
    let compared = 0
    let rootsBefore = ''
    let refused = 0
    let held = 0
    let forgotten = 0
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const opened = await this.#open()
      if (!this.#context.isKeeper()) {
        this.status.state = 'declined'
        return true
      }
      const told = await replica.headAndLogs(this.#ns)
      const answered = await this.#answeredParts(opened)
      const shared = await this.#shareNamespace(opened)
      if (shared !== 'shared') {
        this.status.state = shared
        onFollow(this.#ns, 0)
        if (shared === 'declined') return true
        // From here on a commit asks for another comparison; one that came just before is seen here.
        if ((await replica.namespace(this.#ns)) === undefined) return true
        continue
      }
      if (this.status.state !== 'live') this.status.state = 'syncing'
      // The head that came may say that it is split, or split further.
      const parts = await this.#wantedParts()
      kept = await this.#keptFor(parts)
      const isHeadAlone = parts !== undefined && areNoParts(parts)
      if (!isHeadAlone && answered?.join() !== parts?.join()) continue
      const ours = await replica.summary(this.#ns, parts)
      // After the position: what has changed meanwhile, and may lie before it, is shared by another pass.
      this.#told = await replica.headAndLogs(this.#ns)
      const isTold = told === undefined || told === this.#told
      if (!isTold) this.#told = undefined
      const theirs = opened.t === 'opened' ? opened : { root: '', count: 0, seq: 0 }
      const isEqual = isHeadAlone || ours.root === theirs.root
      this.status.have = theirs.count
      this.status.want = isEqual ? 0 : Math.max(0, theirs.count - ours.count)
      this.#context.onChange(this.#ns)
      if (this.#context.isTaking) {
        if (!isEqual && theirs.count > 0) await this.#takeAll(ours)
        this.status.state = 'live'
        return isEqual
      }
      // Where nothing is here, it may have been given up since: what was noted then says nothing of what has to come.
      if (ours.count === 0 || theirs.seq < kept.current.pulled || ours.seq < kept.current.pushed) kept.reset()
      const tally = isEqual ? newTally() : await this.#equalize(compared === 0, kept, ours, theirs)
      compared++
      // Both positions are from before the exchange: whatever came in between is followed and pushed from there.
      onFollow(this.#ns, theirs.seq, parts)
      this.#pushed = Math.max(ours.seq, this.#pushed ?? 0)
      this.#hasHole = tally.refusedThere > 0 || tally.heldThere.size > MAX_HELD || !tally.isComplete || this.status.headRefusal !== undefined
      // What only waits for its time says nothing of room.
      if (tally.isComplete && tally.refusedThere === 0) this.#waiting = undefined
      if (tally.isComplete && tally.refusedHere === 0) {
        this.#isOutOfRoom = false
        this.#noRoomFor = undefined
      }
      const isOnlyHeld = tally.refusedHere + tally.refusedThere === 0 && tally.heldHere + tally.heldThere.size > 0
      if (tally.isComplete && isOnlyHeld) this.status.lastRefusal = 'future'
      // What was refused before was refused again now, or taken.
      this.status.refused = refusedBy(tally)
      if (tally.isComplete) this.#forgetHeld()
      this.#noteHeld(tally)
      this.#noteHeldActs(ours.seq)
      if (!this.#hasHole && isTold) this.status.acked = Math.max(this.status.acked, ours.seq)
      await this.push()
      refused = tally.refusedHere + tally.refusedThere
      held = tally.heldHere + tally.heldThere.size
      // What was pulled may be all that the peer had, and all that is here: it need not be asked again.
      const isFilled =
        isTold && tally.isComplete && refused + held + tally.forgotten === 0 && (await replica.summary(this.#ns, parts)).root === theirs.root
      if (isEqual || isFilled) {
        this.status.state = 'live'
        this.status.lastSyncedAt = now()
        await kept.note({ pulled: theirs.seq, pushed: ours.seq }, { isFinal: true })
        if (!isEqual) return false
        if (!isTold) continue
        // What is chosen by chance need not lie in these parts.
        if (parts !== undefined || !(await this.#audits.maybe())) return compared === 1
        continue
      }
      const roots = ours.root + theirs.root
      forgotten = tally.forgotten
      if (refused + held + forgotten > 0 && tally.moved === 0 && tally.isComplete) break
      if (roots === rootsBefore) throw new DocstoreError('not-equal', 'What the peer sends is not what it says that it has')
      rootsBefore = roots
    }
    if (compared === 0) throw new DocstoreError('not-equal', 'Which parts of the namespace are meant changed while they were compared')
    if (refused > 0) {
      throw new DocstoreError('not-equal', refusedText(this.status.lastRefusal))
    }
    // Compared again when its time may have come. Otherwise both are written to faster than they are compared; what there was has arrived.
    if (held + forgotten > 0) this.#context.onRefused(this.#ns)
    this.status.state = 'live'
    this.status.want = 0
    return false
  }

  /** What earlier sessions noted of these parts. Of other ones than before, nothing is known to be offered. */
  async #keptFor(parts: Parts | undefined): Promise<KeptPositions> {
    const { replica, now, theirEpoch } = this.#context
    const isSame = this.status.parts?.join() === parts?.join()
    if (this.#kept !== undefined && isSame) return this.#kept
    await this.#kept?.save()
    this.status.parts = parts
    if (!isSame) {
      // Until both were compared, nothing that is sent tells how far the peer has come, nor what is here that all of it is.
      this.status.acked = 0
      this.#hasHole = true
      if (this.status.state === 'live') this.status.state = 'syncing'
    }
    return (this.#kept = await KeptPositions.load(replica, this.#ns, theirEpoch() + (parts === undefined ? '' : ` ${toHex(parts)}`), now))
  }

  /** Whether both are kept equal in the parts that are to be equal by now. */
  async hasRightParts(): Promise<boolean> {
    return this.status.parts?.join() === (await this.#wantedParts())?.join()
  }

  /** Which parts are to be equal; all of it with a peer that does not know of parts. */
  async #wantedParts(): Promise<Parts | undefined> {
    return this.#context.can(CAN_PARTS) ? this.#context.partsOf(this.#ns) : undefined
  }

  /** What root and count are of that came with a head: of a namespace that is not split, who asks for the head alone is told of all. */
  async #answeredParts(opened: Extract<Response, { t: 'opened' | 'unknown' }>): Promise<Parts | undefined> {
    const { parts } = this.status
    if (opened.t === 'unknown' || parts === undefined || !areNoParts(parts)) return parts
    const { head } = opened.namespace ?? (await this.#context.replica.exportNamespace(this.#ns)) ?? {}
    return head !== undefined && splitOfHead(head) === 0 ? undefined : parts
  }

  /** Gets what the peer has and is not here. Throws `not-equal` where some of it is not taken. */
  async #takeAll(ours: Extent): Promise<void> {
    const tally = newTally()
    if (ours.count === 0) await this.#pullSince(0, tally)
    // What is written there meanwhile, or was not sent in order.
    await this.#reconcile(tally, await this.#context.replica.firstQuestion(this.#ns, this.status.parts))
    if (refusedBy(tally) > 0) throw new DocstoreError('not-equal', refusedText(this.status.lastRefusal))
  }

  /** How the namespace stands with the peer. A head that is here already does not come again. */
  async #open(): Promise<Extract<Response, { t: 'opened' | 'unknown' }>> {
    const { replica, channel, can } = this.#context
    const here = await replica.exportNamespace(this.#ns)
    const head = here !== undefined && can(CAN_HEAD) ? sha256(here.head) : undefined
    const has = here !== undefined && can(CAN_HAS)
    const request = { t: 'open', ns: this.#ns, ...(has ? { has } : {}), ...(head === undefined ? {} : { head }), ...this.#some() } as const
    const opened = await channel().ask(request, 'opened', 'unknown')
    if (opened.t === 'opened' && opened.namespace === undefined && head === undefined)
      throw new DocstoreError('protocol', 'The peer answered what was not asked')
    return opened
  }

  /** Names the parts that are meant, where it is not all. */
  #some(): { readonly parts?: Parts } {
    const { parts } = this.status
    return parts === undefined ? {} : { parts }
  }

  /** Sends what was committed here since the last time, except what came from the peer. */
  async push(): Promise<void> {
    if (this.#pushed === undefined) return
    const tally = newTally()
    const from = await this.#context.smallPushes.take(() => this.#pushSmall(tally))
    if (from === undefined) this.#lookAtRefusals(tally)
    else await this.#pushSince(from, true, tally)
    this.status.refused += refusedBy(tally)
  }

  /** Stores news that the peer sent, which is complete up to this position of its local order. */
  async takeNews(batch: Uint8Array | null, seq: number): Promise<void> {
    const tally = newTally()
    if (batch !== null) await this.#take(batch, tally)
    await this.#kept?.note({ pulled: seq })
    this.status.refused += refusedBy(tally)
    if (tally.strangers > 0) this.#context.onStrangers(this.#ns)
    else if (refusedBy(tally) > 0) this.#context.onRefused(this.#ns)
  }

  /** Whether something of the peer's found no room here when both were last compared, and since. */
  get isOutOfRoom(): boolean {
    return this.#isOutOfRoom
  }

  /** Tries whether there is room here again, with one record that found none. Where it is not known which that was, comparing tells. */
  async hasRoomHere(): Promise<boolean> {
    const slot = this.#noRoomFor
    this.#noRoomFor = undefined
    if (slot === undefined) return true
    const tally = newTally()
    await this.#fetchSlots(slot, tally)
    return tally.quotaInARow === 0
  }

  /** Whether the peer refused something because it is full, as far as is known. */
  get isWaitingForRoom(): boolean {
    return this.#waiting !== undefined
  }

  /** Asks a peer that was full whether it has room now, with records that it refused. */
  async hasRoom(): Promise<boolean> {
    const waiting = this.#waiting
    if (waiting === undefined) return false
    this.#waiting = undefined
    const sentBefore = this.status.sent
    const { batch, sent } = await this.#outgoing(waiting.seq - 1, false, waiting.bytes)
    if (batch === undefined) return true
    const tally = newTally()
    await this.#put(batch, sent, tally)
    this.#noteHeld(tally)
    return this.#waiting === undefined || this.status.sent > sentBefore
  }

  /** The session is over: the next one begins where this one came to. */
  async close(): Promise<void> {
    if (!this.#isDropped) await this.#kept?.save()
  }

  async #equalize(isFirst: boolean, kept: KeptPositions, ours: Extent, theirs: Extent): Promise<Tally> {
    const tally = newTally()
    // Copies in order need no comparing, and records of one seal travel together; where that did not make us equal, comparing will.
    const { pulled, pushed } = kept.current
    const isPull = theirs.seq > pulled && (pulled > 0 || ours.count * MOSTLY_EMPTY <= theirs.count)
    const isPush = ours.seq > pushed && (pushed > 0 || theirs.count * MOSTLY_EMPTY <= ours.count)
    tally.isComplete = !isFirst || !(isPull || isPush) || ours.count === 0 || theirs.count === 0
    if (!tally.isComplete) this.#hasHole = true
    if (isFirst && isPull) await this.#pullSince(ours.count === 0 ? 0 : pulled, tally)
    if (isFirst && isPush) await this.#pushSince(theirs.count === 0 ? 0 : pushed, theirs.count > 0, tally)
    if (!isFirst || (!isPull && !isPush)) await this.#reconcile(tally, await this.#context.replica.firstQuestion(this.#ns, this.status.parts))
    return tally
  }

  /** Makes both sides know the namespace and its newest head. `absent`: neither has it; `declined`: the peer does not keep it. */
  async #shareNamespace(opened: Extract<Response, { t: 'opened' | 'unknown' }>): Promise<'shared' | 'absent' | 'declined'> {
    const { replica, channel } = this.#context
    const logs = this.#context.can(CAN_LOGS) ? new LogLink(this.#ns, replica, channel, () => this.#context.clock?.latest()) : undefined
    this.#heldActs = logs?.held
    this.status.headRefusal = undefined
    const { namespace: theirs } = opened.t === 'opened' ? opened : {}
    if (opened.t === 'opened' && theirs === undefined) {
      // Its head is the one here.
      this.#assertWanted()
      return await this.#shareRest(logs, opened.logs)
    }
    if (opened.t === 'opened' && theirs !== undefined) {
      if (cidOfBytes(DAG_CBOR, theirs.genesis).toString() !== this.#ns)
        throw new DocstoreError('protocol', 'The peer answered with another namespace')
      this.#assertWanted()
      // Before the head, which one of the owner's devices signed.
      if ((await replica.namespace(this.#ns)) === undefined) await logs?.fetchOwner(theirs.genesis)
      else await this.#shareLogs(logs, opened.logs)
      const imported = await replica.importNamespace(theirs.genesis, theirs.head, theirs.signature)
      if ('refused' in imported && (!OTHER_HEAD.has(imported.refused) || (await replica.namespace(this.#ns)) === undefined)) {
        if (NO_AUTHOR.includes(imported.refused)) await this.#tellWhy(logs, theirs.genesis)
        throw new DocstoreError('bad-namespace', `The peer's namespace was refused: ${imported.refused}`)
      }
    }
    const ours = await replica.exportNamespace(this.#ns)
    if (ours === undefined) return 'absent'
    if (theirs === undefined || !equalBytes(ours.head, theirs.head)) {
      try {
        if (opened.t === 'unknown') await logs?.sendOwner(ours.genesis)
        await channel().ask({ t: 'offer', ...ours }, 'ok')
      } catch (error) {
        // A peer that is no relay keeps only what its user opened. Should that change, the next comparison finds it.
        if (errorCode(error) === 'not-wanted') return 'declined'
        // A head waits for its time; the records need not, where both have the namespace.
        if (!OTHER_HEAD.has(errorCode(error))) throw error
        if (opened.t === 'opened') {
          this.status.headRefusal = NO_AUTHOR.find((one) => one === errorCode(error))
          return await this.#shareRest(logs, opened.logs)
        }
        // Whoever has nothing of it takes it from this device neither now nor later.
        this.status.headRefusal = NO_AUTHOR.find((one) => one === errorCode(error))
        if (errorCode(error) !== 'future') throw error
        const { count, seq } = await replica.summary(this.#ns)
        // The answer to an offer does not tell it, and the last one may be of before our clock was set.
        await this.#context.refreshClock()
        this.#context.onHeld()
        Object.assign(this.status, { held: Math.max(1, count), heldSeq: Math.max(1, seq), lastRefusal: 'future' })
        throw new DocstoreError('future', "The peer holds the namespace back: it was made under a clock that was ahead of the peer's", {
          cause: error,
        })
      }
    }
    return await this.#shareRest(logs, opened.t === 'opened' ? opened.logs : undefined)
  }

  /** The peer may not know that the device was revoked which signed its head, and has no other way to hear of it: logs travel with namespaces that both have. */
  async #tellWhy(logs: LogLink | undefined, genesis: Uint8Array): Promise<void> {
    const { tips } = (await this.#context.replica.ownerLog(genesis)) ?? {}
    const told = tips?.map(toHex).sort().join()
    if (logs === undefined || told === undefined || told === this.#toldOwner) return
    await logs.sendOwner(genesis)
    this.#toldOwner = told
  }

  async #shareRest(logs: LogLink | undefined, theirs: Uint8Array | undefined): Promise<'shared'> {
    await this.#shareLogs(logs, theirs)
    return 'shared'
  }

  /** Makes both sides have the same logs of persons and roles: before the records, which are judged by them. */
  async #shareLogs(logs: LogLink | undefined, theirs: Uint8Array | undefined): Promise<void> {
    const ours = await this.#context.replica.logsDigest(this.#ns)
    if (logs === undefined || logs.isShared || (theirs === undefined ? ours === undefined : ours !== undefined && equalBytes(ours, theirs))) return
    await logs.exchange()
    logs.isShared = true
  }

  async #reconcile(tally: Tally, first: Uint8Array): Promise<Tally> {
    const { replica, channel } = this.#context
    let question: Uint8Array | undefined = first
    for (let round = 0; question !== undefined; round++) {
      if (round >= MAX_ROUNDS) throw new DocstoreError('protocol', `The peer did not come to an end in ${MAX_ROUNDS} rounds`)
      this.status.rounds++
      const { reply } = await channel().ask({ t: 'ask', ns: this.#ns, question }, 'reply')
      const difference = await replica.compareReply(this.#ns, question, reply)
      if ('refused' in difference) throw new DocstoreError('protocol', `The peer's answer cannot be read (${difference.refused})`)
      if (difference.next !== undefined && equalBytes(question, difference.next)) throw new DocstoreError('protocol', 'The peer answers in circles')
      // What was estimated before is now known slot by slot.
      this.status.want = (round === 0 ? 0 : this.status.want) + difference.need.length / SLOT_BYTES
      await this.#fetch({ need: this.#ofParts(difference.need), replacing: difference.replacing }, tally)
      if (!this.#context.isTaking) await this.#putSlots(this.#ofParts(difference.have), tally)
      question = difference.next
    }
    return tally
  }

  /** Of these slots, those in the parts that are meant: one question about many ranges can span what lies between them. */
  #ofParts(slots: Uint8Array): Uint8Array {
    const { parts } = this.status
    if (parts === undefined) return slots
    const inside = new SlotList()
    for (let at = 0; at < slots.length; at += SLOT_BYTES) {
      const slot = slots.subarray(at, at + SLOT_BYTES)
      if (isInParts(parts, slot)) inside.push(slot)
    }
    return inside.toBytes()
  }

  /** Gets what is missing here. Once there is no room, only newer versions of what is here: they may make some. All else would come in vain, again and again. */
  async #fetch({ need, replacing }: Pick<Difference, 'need' | 'replacing'>, tally: Tally): Promise<void> {
    const left = await this.#fetchSlots(need, tally, () => isFullHere(tally))
    if (left.length === 0) return
    const { inside, outside } = splitSlots(left, replacing)
    tally.refusedHere += outside
    await this.#fetchSlots(inside, tally)
  }

  /** Resolves with the slots that it did not come to. */
  async #fetchSlots(slots: Uint8Array, tally: Tally, isOver: () => boolean = () => false): Promise<Uint8Array> {
    let offset = 0
    while (offset < slots.length && !isOver()) {
      // Where there was no room, a few records tell whether there is.
      const most = this.#isOutOfRoom && tally.moved === 0 ? MAX_QUOTA_IN_A_ROW : MAX_FETCH_SLOTS
      const wanted = slots.slice(offset, offset + most * SLOT_BYTES)
      const taken = await this.#context.transfers.take(async () => {
        const answer = await this.#context.channel().ask({ t: 'fetch', ns: this.#ns, slots: wanted }, 'batch')
        if (answer.batch !== null) await this.#take(answer.batch, tally)
        return answer.taken
      })
      if (taken === 0 || taken > wanted.length / SLOT_BYTES) throw new DocstoreError('protocol', 'The peer lists records that it does not send')
      if (tally.quotaInARow > 0) this.#noRoomFor = wanted.slice(0, SLOT_BYTES)
      offset += taken * SLOT_BYTES
    }
    return slots.subarray(offset)
  }

  async #putSlots(slots: Uint8Array, tally: Tally): Promise<void> {
    for (let offset = 0; offset < slots.length; ) {
      const wanted = slots.slice(offset, offset + MAX_FETCH_SLOTS * SLOT_BYTES)
      const taken = await this.#context.transfers.take(async () => {
        const outgoing = await this.#context.replica.batchOf(this.#ns, wanted, { maxBytes: MAX_BATCH_BYTES, latest: this.#context.clock?.latest() })
        if (outgoing.batch !== undefined) {
          const refused = await this.#put(outgoing.batch, outgoing.sent, tally)
          tally.moved += outgoing.records - refused
        }
        return outgoing.taken
      })
      if (taken === 0) throw new DocstoreError('internal', 'A record could not be prepared for sending')
      offset += taken * SLOT_BYTES
    }
  }

  /** Everything after a position of the peer's order, for as long as that brings something. */
  async #pullSince(start: number, tally: Tally): Promise<void> {
    for (let since: number | undefined = start; since !== undefined; ) {
      const position: number = since
      since = await this.#context.transfers.take(() => this.#pullTurn(position, tally))
    }
  }

  /** Batch after batch, each asked for while the one before is stored. Resolves with the position to go on from, `undefined` at the end. */
  async #pullTurn(start: number, tally: Tally): Promise<number | undefined> {
    let asked: Promise<News> | undefined = this.#askPull(start)
    let since = start
    let idle = 0
    for (let turn = 1; asked !== undefined; turn++) {
      const news: News = await asked
      const isMore = news.more && news.seq > since
      const isOver = !isMore || (turn >= BATCHES_PER_TURN && this.#context.transfers.isContended)
      asked = isOver ? undefined : this.#askPull(news.seq)
      // Whether it failed is seen when it is awaited; storing comes first.
      asked?.catch(() => undefined)
      const movedBefore = tally.moved
      if (news.batch !== null) await this.#take(news.batch, tally)
      since = news.seq
      await this.#kept?.note({ pulled: since }, { isFinal: !isMore })
      idle = tally.moved > movedBefore ? 0 : idle + 1
      if (!isMore || isFullHere(tally) || idle >= MAX_IDLE_BATCHES) {
        await asked
        return undefined
      }
    }
    return since
  }

  async #askPull(since: number): Promise<News> {
    const { channel, theirEpoch } = this.#context
    const answer = await channel().ask({ t: 'pull', epoch: theirEpoch(), ns: this.#ns, since, ...this.#some() }, 'news')
    if (answer.ns !== this.#ns || answer.seq < since) throw new DocstoreError('protocol', 'The peer answered what was not asked')
    return answer
  }

  async #take(batch: Uint8Array, tally: Tally): Promise<void> {
    this.#assertWanted()
    const accepted = await this.#context.ledger.accept(this.#context.replica, this.#ns, batch)
    // Forgotten while it was judged.
    if ('refused' in accepted) this.#assertWanted()
    if ('refused' in accepted) throw new DocstoreError('protocol', `The peer's batch was refused: ${accepted.refused}`)
    if (accepted.results.includes('quota')) this.#isOutOfRoom = true
    tally.quotaInARow = accepted.results.every((result) => result === 'quota') ? tally.quotaInARow + accepted.results.length : 0
    for (const result of accepted.results) {
      if (result === 'stored') {
        this.status.received++
        this.status.want = Math.max(0, this.status.want - 1)
        tally.moved++
      } else if (result === 'forgotten') tally.forgotten++
      else if (isRefusal(result)) {
        this.#noteRefusal(result, tally)
        if (result === 'unknown-person') tally.strangers++
        if (result === 'future') tally.heldHere++
        else tally.refusedHere++
      }
    }
    this.#context.onChange(this.#ns)
  }

  /** Sends a batch; resolves with the number of its records that the peer refused. */
  async #put(batch: Uint8Array, sent: readonly SentRecord[], tally: Tally): Promise<number> {
    const results = await this.#context.puts.put(this.#ns, batch)
    if (results.length !== sent.length) throw new DocstoreError('protocol', 'The peer answered for other records than it was sent')
    let refused = 0
    const first = sent[results.indexOf('quota')]
    if (first !== undefined && batch.length < (this.#waiting?.bytes ?? Number.POSITIVE_INFINITY))
      this.#waiting = { seq: first.seq, bytes: batch.length }
    let takenEarly = 0
    const forgotten: number[] = []
    for (const [i, result] of results.entries()) {
      const record = sent[i]
      if (record?.isEarly === true && !isRefusal(result)) takenEarly = Math.max(takenEarly, record.at)
      if (result === 'stored') {
        this.status.sent++
        this.status.have++
      } else if (result === 'forgotten') {
        if (record !== undefined) forgotten.push(record.seq)
      } else if (isRefusal(result)) {
        this.#noteRefusal(result, tally)
        refused++
        if (result === 'unknown-person') tally.strangers++
        if (result === 'future' && record !== undefined) tally.heldThere.set(record.seq, record)
        else tally.refusedThere++
      }
    }
    // Its clock was set, or misjudged: what it has taken must keep its time.
    if (forgotten.length > 0) await this.#giveUp(forgotten, tally)
    if (takenEarly > 0) await this.#context.replica.noteTaken(this.#ns, takenEarly)
    this.#context.onChange(this.#ns)
    return refused + forgotten.length
  }

  /** The peer knows that these were deleted long ago. Only a relay that was chosen is believed: anybody could say so of everything. */
  async #giveUp(seqs: readonly number[], tally: Tally): Promise<void> {
    const { clock, replica } = this.#context
    const removed = clock?.isChosen === true ? await replica.giveUp(this.#ns, seqs) : 0
    tally.moved += removed
    tally.forgotten += seqs.length - Math.min(removed, seqs.length)
  }

  /** Sends what lies after a position; `isSkipping` leaves out what came from the peer. */
  async #pushSince(since: number, isSkipping: boolean, tally: Tally): Promise<void> {
    const { transfers } = this.#context
    for (let from: number | undefined = since; from !== undefined; ) {
      const position: number = from
      from = await transfers.take(() => this.#pushTurn(position, isSkipping, tally))
    }
    this.#lookAtRefusals(tally)
  }

  /** Batch after batch, each built while the peer stores the one before. Resolves with the position to go on from, `undefined` at the end. */
  async #pushTurn(start: number, isSkipping: boolean, tally: Tally): Promise<number | undefined> {
    let building: Promise<OutgoingBatch> | undefined = this.#outgoing(start, isSkipping)
    let from = start
    for (let turn = 1; building !== undefined; turn++) {
      const outgoing: OutgoingBatch = await building
      const { seq, more } = outgoing
      const isOver = !more || (turn >= BATCHES_PER_TURN && this.#context.transfers.isContended)
      building = isOver ? undefined : this.#outgoing(seq, isSkipping)
      // Whether it failed is seen when it is awaited; the answer to this one comes first.
      building?.catch(() => undefined)
      await this.#send(outgoing, tally)
      from = seq
      if (!more) return undefined
    }
    return from
  }

  /** One batch of what was written last: nearly always all of it. Resolves with the position to go on from, `undefined` at the end. */
  async #pushSmall(tally: Tally): Promise<number | undefined> {
    const outgoing = await this.#outgoing(this.#pushed ?? 0, true, SMALL_PUSH_BYTES)
    await this.#send(outgoing, tally)
    return outgoing.more ? outgoing.seq : undefined
  }

  async #send({ batch, sent, seq }: OutgoingBatch, tally: Tally): Promise<void> {
    if (batch !== undefined) await this.#put(batch, sent, tally)
    this.#pushed = Math.max(seq, this.#pushed ?? 0)
    await this.#kept?.note({ pushed: seq })
    // What was refused does not hold up the rest: comparing finds it again later. Until then nothing behind it counts as delivered.
    if (tally.refusedThere > 0 || tally.heldThere.size > MAX_HELD) this.#hasHole = true
    this.#noteHeld(tally)
    if (this.#hasHole || seq <= this.status.acked) return
    // A head or a log that has changed may lie before these records.
    if (this.#told === (await this.#context.replica.headAndLogs(this.#ns))) this.status.acked = Math.max(this.status.acked, seq)
    else if (batch !== undefined) this.#context.onUntold(this.#ns)
  }

  #outgoing(since: number, isSkipping: boolean, maxBytes: number = MAX_BATCH_BYTES): Promise<OutgoingBatch> {
    const { replica, ledger } = this.#context
    const latest = this.#context.clock?.latest()
    const { parts } = this.status
    return isSkipping
      ? ledger.batchSince(replica, this.#ns, since, { maxBytes, latest, parts })
      : replica.batchSince(this.#ns, since, { maxBytes, latest, parts })
  }

  /** Has the namespace tried again later where something was refused, or held back. */
  #lookAtRefusals({ refusedThere, heldThere, strangers }: Tally): void {
    if (strangers > 0) this.#context.onStrangers(this.#ns)
    else if (refusedThere + heldThere.size > 0) this.#context.onRefused(this.#ns)
  }

  /** Adds to what the peer holds back. */
  #noteHeld({ heldThere }: Tally): void {
    const { status } = this
    if (heldThere.size > 0) this.#context.onHeld()
    for (const { seq, at } of heldThere.values()) {
      if (this.#held.size < MAX_HELD) this.#held.add(seq)
      status.heldSeq = Math.max(status.heldSeq, seq)
      status.heldAt = Math.max(status.heldAt, at)
    }
    status.held = this.#held.size
  }

  /** What a log says there is at nobody before its time, so neither is what was written here up to now. */
  #noteHeldActs(seq: number): void {
    const times = [...(this.#heldActs?.values() ?? [])]
    if (times.length === 0) return
    const { status } = this
    this.#context.onHeld()
    const heldAt = Math.max(status.heldAt, ...times.slice(0, MAX_HELD))
    Object.assign(status, { held: status.held + times.length, heldSeq: Math.max(status.heldSeq, seq), heldAt, lastRefusal: 'future' })
  }

  #forgetHeld(): void {
    this.#held.clear()
    Object.assign(this.status, { held: 0, heldSeq: 0, heldAt: 0 })
  }

  #noteRefusal(reason: Refusal, { refusedHere, refusedThere }: Tally): void {
    // What only has to wait for its time hides nothing else.
    const isHidden = reason === 'future' && (refusedHere + refusedThere > 0 || this.#waiting !== undefined || this.#isOutOfRoom)
    if (!isHidden) this.status.lastRefusal = reason
    if (reason !== 'quota') return
    // To be seen at once, and not only when both are compared again.
    this.status.state = 'failed'
    this.status.error = refusedText(reason)
  }
}

function newTally(): Tally {
  return {
    moved: 0,
    isComplete: true,
    refusedHere: 0,
    refusedThere: 0,
    heldHere: 0,
    strangers: 0,
    forgotten: 0,
    heldThere: new Map(),
    quotaInARow: 0,
  }
}

/** All records that were not taken, for good or for now. */
function refusedBy({ refusedHere, refusedThere, heldHere, heldThere }: Tally): number {
  return refusedHere + refusedThere + heldHere + heldThere.size
}

function isFullHere({ quotaInARow }: Tally): boolean {
  return quotaInARow >= MAX_QUOTA_IN_A_ROW
}

/** Of some slots those that another list has too, and how many it has not. */
function splitSlots(slots: Uint8Array, others: Uint8Array): { readonly inside: Uint8Array; readonly outside: number } {
  const known = new Set<string>()
  for (let at = 0; at < others.length; at += SLOT_BYTES) known.add(toHex(others.subarray(at, at + SLOT_BYTES)))
  const inside = new SlotList()
  for (let at = 0; at < slots.length; at += SLOT_BYTES) {
    const slot = slots.subarray(at, at + SLOT_BYTES)
    if (known.has(toHex(slot))) inside.push(slot)
  }
  const bytes = inside.toBytes()
  return { inside: bytes, outside: (slots.length - bytes.length) / SLOT_BYTES }
}

function refusedText(reason: Refusal | undefined): string {
  return reason === 'quota'
    ? 'One side has reached the limit of its size (quota): it takes deletes, and the rest as soon as there is room'
    : `Some records were refused (${reason ?? 'unknown'}); they are tried again later`
}

function isRefusal(result: Acceptance): result is Refusal {
  return result !== 'stored' && result !== 'same' && result !== 'superseded' && result !== 'forgotten'
}
