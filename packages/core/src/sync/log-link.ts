import { DocstoreError, errorCode } from '../errors.ts'
import { compareBytes, equalBytes, toHex } from '../model/bytes.ts'
import { DAG_CBOR, parseCid } from '../model/encoding/cid.ts'
import { MAX_TIPS } from '../replica/limits.ts'
import type { LogParcel, LogTips, LogWant, Replica } from '../replica/types.ts'
import type { Asking } from './channel.ts'
import { ACTS_BYTES, LOGS_PAGE, MAX_ACT_ROUNDS } from './limits.ts'

const NONE: Uint8Array = new Uint8Array()

/** The logs of one namespace and one peer: makes both sides have the same acts. */
export class LogLink {
  readonly #ns: string
  readonly #replica: Replica
  readonly #channel: () => Asking
  readonly #latest: () => number | undefined
  /** Whether they were exchanged. */
  isShared = false
  /** Acts that the peer did not take, as they lie ahead of its clock: their times, by their hashes, hexadecimal. */
  readonly held: Map<string, number> = new Map()

  /** `latest` gives the hybrid time beyond which the peer surely accepts nothing; `undefined` where its clock is not known. */
  constructor(ns: string, replica: Replica, channel: () => Asking, latest: () => number | undefined) {
    this.#latest = latest
    this.#ns = ns
    this.#replica = replica
    this.#channel = channel
  }

  /** Fetches the log of the owner, without whom a namespace cannot be taken, before the namespace. */
  async fetchOwner(genesis: Uint8Array): Promise<void> {
    const owner = await this.#replica.ownerLog(genesis)
    if (owner !== undefined) await this.#fetch([owner], genesis)
  }

  /** Sends it: before the namespace is offered, or where what it says here is why the namespace of the peer is not taken. */
  async sendOwner(genesis: Uint8Array): Promise<void> {
    const owner = await this.#replica.ownerLog(genesis)
    if (owner !== undefined) await this.#send([{ log: owner.log, tips: [], skip: 0 }], genesis)
  }

  /**
   * Exchanges what either side has and the other has not; both have the namespace. The log of its roles comes last: what persons signed there is taken from who
   * knows their devices alone.
   */
  async exchange(): Promise<void> {
    const roles = parseCid(DAG_CBOR, this.#ns)?.multihash.digest ?? NONE
    const later = { fetch: new Array<LogTips>(), send: new Array<LogWant>() }
    for (let after = NONE, isLast = false; !isLast; ) {
      const { logs: theirs } = await this.#channel().ask({ t: 'logs', ns: this.#ns, after }, 'logs')
      const last = theirs.at(-1)?.log
      isLast = theirs.length < LOGS_PAGE || last === undefined
      if (theirs.some(({ log }, i) => compareBytes(log, theirs[i - 1]?.log ?? after) <= 0))
        throw new DocstoreError('protocol', 'The peer lists logs in disorder')
      const missing = await this.#replica.missingLogs(this.#ns, theirs)
      later.fetch.push(...missing.filter(({ log }) => equalBytes(log, roles)))
      await this.#fetch(missing.filter(({ log }) => !equalBytes(log, roles)))
      later.send.push(...(await this.#sendBetween(after, isLast ? undefined : last, theirs, roles)))
      after = last ?? NONE
    }
    await this.#fetch(later.fetch)
    if (later.send.length > 0) await this.#send(later.send)
  }

  /** Sends what the peer misses of logs behind one, up to another. Resolves with what it misses of the log of roles. */
  async #sendBetween(start: Uint8Array, end: Uint8Array | undefined, theirs: readonly LogTips[], roles: Uint8Array): Promise<readonly LogWant[]> {
    const later: LogWant[] = []
    const known = new Map(theirs.map(({ log, tips }) => [toHex(log), tips]))
    for (let after = start; ; ) {
      const page = await this.#replica.logTips(this.#ns, after, LOGS_PAGE)
      const inside = page.filter(({ log }) => end === undefined || compareBytes(log, end) <= 0)
      const wants: LogWant[] = []
      for (const { log, tips } of inside) {
        const their = known.get(toHex(log))
        if (their === undefined || !isSame(tips, their)) (equalBytes(log, roles) ? later : wants).push({ log, tips: their ?? [], skip: 0 })
      }
      if (wants.length > 0) await this.#send(wants)
      const last = inside.at(-1)?.log
      if (last === undefined || inside.length < LOGS_PAGE) return later
      after = last
    }
  }

  async #fetch(missing: readonly LogTips[], genesis?: Uint8Array): Promise<void> {
    let wants: readonly LogWant[] = missing.map((one) => ({ ...one, skip: 0 }))
    for (let round = 0; wants.length > 0; round++) {
      const { logs, more } = await this.#channel().ask({ t: 'acts', ns: this.#ns, wants }, 'acts')
      const rest = restOf(wants, logs)
      if (rest === undefined || round === MAX_ACT_ROUNDS) throw new DocstoreError('protocol', 'The peer sends other acts than were asked for')
      await this.#import(logs, genesis)
      wants = more ? rest : []
    }
  }

  /** Here, too, what there is no room for must not hold up what makes some. */
  async #import(logs: readonly LogParcel[], genesis: Uint8Array | undefined): Promise<void> {
    for (const one of logs) {
      try {
        await this.#replica.importActs(this.#ns, [one], genesis)
      } catch (error) {
        if (errorCode(error) !== 'disk-full' || genesis !== undefined) throw error
      }
    }
  }

  /** What was signed here is read anew: it says when. */
  async #noteHeld(logs: readonly LogParcel[]): Promise<void> {
    // Loaded where a clock is wrong, or somebody was refused.
    const { storedAct } = await import('../model/people/act.ts')
    const latest = this.#latest() ?? Number.MAX_SAFE_INTEGER
    for (const { bytes, signature } of logs.flatMap(({ acts }) => acts)) {
      const act = storedAct(bytes, signature)
      if (act.ok && act.value.act.at > latest) this.held.set(toHex(act.value.hash), act.value.act.at)
    }
  }

  async #send(all: readonly LogWant[], genesis: Uint8Array | null = null): Promise<void> {
    for (let wants = all; wants.length > 0; ) {
      const { logs, more } = await this.#replica.exportActs(this.#ns, wants, ACTS_BYTES, genesis ?? undefined)
      if (logs.length === 0) return
      try {
        const { refused } = await this.#channel().ask({ t: 'learn', ns: this.#ns, genesis, logs }, 'learnt')
        if (refused > 0) await this.#noteHeld(logs)
      } catch (error) {
        // A peer that is full still takes deletes, and what revokes somebody. The rest is found missing the next time.
        if (errorCode(error) !== 'quota' || genesis !== null) throw error
      }
      wants = more ? (restOf(wants, logs) ?? []) : []
    }
  }
}

/** What is still wanted after a part came, which may end in the middle of a log; `undefined` where that is no part of it, or nothing. */
function restOf(wants: readonly LogWant[], part: readonly LogParcel[]): readonly LogWant[] | undefined {
  let at = -1
  for (const { log } of part) {
    const next = wants.findIndex((want, i) => i > at && equalBytes(want.log, log))
    if (next < 0) return undefined
    at = next
  }
  const last = wants[at]
  const acts = part.at(-1)?.acts.length ?? 0
  if (last === undefined) return []
  // Where nothing of a log was left to send, another one follows it.
  return acts === 0 ? wants.slice(at + 1) : [{ ...last, skip: last.skip + acts }, ...wants.slice(at + 1)]
}

/** Whether both are what is told of equal logs: all tips, or as many as are told, the last of which stands for all. */
function isSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  if (a.length !== b.length) return false
  if (a.length >= MAX_TIPS) return equalBytes(a.at(-1) ?? NONE, b.at(-1) ?? NONE)
  return a.every((tip) => b.some((other) => equalBytes(tip, other)))
}
