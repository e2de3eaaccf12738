import { sha256 } from '#crypto'
import { compareBytes, equalBytes } from '../bytes.ts'
import { ByteNumbers, BytesMap } from '../bytes-map.ts'
import { equalCids } from '../encoding/cid.ts'
import { AUTHOR_BYTES } from '../keys/identity.ts'
import type { ActingDevices } from '../namespace/namespace.ts'
import type { SignedAct } from './act.ts'
import { ActGraph } from './act-graph.ts'
import { type LogFacts, logFacts } from './log-facts.ts'
import type { DecodedPerson } from './person.ts'
import { type LogRules, type Standing, standingActs } from './standing.ts'

/** A device of a person, as their log says. Those that were revoked stay in the list. */
export interface Device {
  readonly key: Uint8Array
  readonly label: string
  /** When it was added, as who added it said; 0 for the first. Nothing is judged by it. */
  readonly from: number
  /** Key that added it; `undefined` for the first. */
  readonly addedBy?: Uint8Array
  /** Hash of the act that added it, for `via` of its own acts; `undefined` for the first. */
  readonly via?: Uint8Array
  /** Hybrid time: what it signed later is void. */
  readonly until?: number
  /** Everything that it ever signed is void. */
  readonly void?: true
}

/** What a person's log says, as far as it is here. The same whatever the order in which its acts came. */
export interface PersonState extends ActingDevices, LogFacts {
  /** By key. */
  readonly devices: readonly Device[]
  /** sha-256 of the recovery key. */
  readonly recovery: Uint8Array
  /** sha-256 of recovery keys that have been named to follow it and have not proved themselves. */
  readonly proposed: readonly Uint8Array[]
}

/** The state of a person from their genesis and acts of their log, each of which `decodeAct` or `signAct` gave. */
export function personState(person: DecodedPerson, acts: Iterable<SignedAct>): PersonState {
  const graph = ActGraph.of(ofLog(person, acts))
  const log = new PersonLog(person, graph)
  const { counts: standing, circles } = standingActs(graph, log)
  const found = [...standing.keys()].filter((i) => standing[i] === 1)
  const devices = devicesOf(person, graph, { found, circles })
  const revocations = found.filter((i) => ['revoke', 'confirm'].includes(graph.acts[i]?.act.do.type ?? ''))
  const byKey = new BytesMap(devices.map((device) => [device.key, device]))
  return {
    ...logFacts(graph, found),
    devices,
    epoch: revocations.length,
    recovery: log.recovery,
    proposed: log.proposed(found),
    acts(key, at) {
      const device = byKey.get(key)
      if (device === undefined) return 'no-device'
      return device.void === true || at > (device.until ?? at) ? 'revoked' : 'yes'
    },
  }
}

function* ofLog({ cid }: DecodedPerson, acts: Iterable<SignedAct>): Iterable<SignedAct> {
  for (const signed of acts) if (equalCids(signed.act.log, cid)) yield signed
}

/** A recovery key, from the act by which it proved itself (-1: the genesis named it) to the one by which another took its place (-1: none). */
interface Reign {
  readonly key: number | undefined
  readonly commitment: Uint8Array
  readonly from: number
  readonly to: number
}

/** Stands for a key that signs nothing. */
const NOBODY = -1

class PersonLog implements LogRules {
  readonly #person: DecodedPerson
  readonly #graph: ActGraph
  /** A number for each key that signs or is named. */
  readonly #keys = new ByteNumbers()
  readonly #subjects: readonly number[]
  readonly #first: number
  readonly #reigns: readonly Reign[]
  readonly #reignOf: ReadonlyMap<number, Reign>
  /** Needed where several keys followed one. */
  #witnesses: readonly number[] | undefined

  constructor(person: DecodedPerson, graph: ActGraph) {
    this.#person = person
    this.#graph = graph
    this.#subjects = graph.acts.map(({ act }) => this.#keys.of(act.by))
    this.#first = this.#keys.of(person.genesis.device)
    this.#reigns = this.#findReigns()
    this.#reignOf = new Map(this.#reigns.map((reign) => [reign.key ?? NOBODY, reign]))
  }

  get recovery(): Uint8Array {
    return this.#reigns.at(-1)?.commitment ?? this.#person.genesis.recovery
  }

  /** What the recovery key of now has named. */
  proposed(standing: readonly number[]): readonly Uint8Array[] {
    const key = this.#reigns.at(-1)?.key
    const all = new Map<number, Uint8Array>()
    const hashes = new ByteNumbers()
    for (const i of standing) {
      const content = this.#graph.acts[i]?.act.do
      if (content?.type === 'rotate' && this.#subjects[i] === key) all.set(hashes.of(content.next), content.next)
    }
    return [...all.values()].sort(compareBytes)
  }

  rank(i: number): 'chief' | 'other' | 'void' {
    const signed = this.#graph.acts[i]
    if (signed === undefined || signed.act.by.length !== AUTHOR_BYTES) return 'void'
    const { type } = signed.act.do
    const reign = this.#reignOf.get(this.subject(i))
    if (reign === undefined) return ['add', 'revoke', 'label'].includes(type) ? 'other' : 'void'
    if (signed.act.via !== undefined) return 'void'
    const isBegun = reign.from < 0 || i === reign.from || this.#graph.isBefore(reign.from, i)
    const isEnded = reign.to >= 0 && !this.#graph.isBefore(i, reign.to)
    const isOfPerson = ['add', 'revoke', 'label', 'rotate'].includes(type) || i === reign.from
    return isBegun && !isEnded && isOfPerson ? 'chief' : 'void'
  }

  subject(i: number): number {
    return this.#subjects[i] ?? NOBODY
  }

  removes(i: number): number | undefined {
    const content = this.#graph.acts[i]?.act.do
    return content?.type === 'revoke' ? this.#keys.of(content.key) : undefined
  }

  allows(i: number, via: number): boolean {
    const signer = this.subject(i)
    const giver = this.#graph.acts[via]?.act.do
    return giver === undefined ? signer === this.#first : giver.type === 'add' && this.#keys.of(giver.key) === signer
  }

  /** A key that was revoked does not come back. */
  bars(i: number): number | undefined {
    const content = this.#graph.acts[i]?.act.do
    return content?.type === 'add' ? this.#keys.of(content.key) : undefined
  }

  /**
   * From the genesis on: each recovery key names hashes of others, and the one of these that proved itself after that follows it. Of several, one that a device has
   * witnessed: who has nothing but words that were replaced cannot have that; then the act with the lowest hash.
   */
  #findReigns(): readonly Reign[] {
    const actsOf = new Map<number, number[]>()
    const keyOfHash = new BytesMap<number>()
    for (const [i, { act }] of this.#graph.acts.entries()) {
      // Nothing else that a recovery key signs decides who follows whom.
      if (act.via !== undefined || act.by.length !== AUTHOR_BYTES) continue
      const signer = this.subject(i)
      const known = actsOf.get(signer)
      if (known === undefined) {
        actsOf.set(signer, [i])
        keyOfHash.set(sha256(act.by), signer)
      } else known.push(i)
    }
    const reigns: Reign[] = []
    const former = new Set<number>()
    let commitment = this.#person.genesis.recovery
    let from = -1
    for (;;) {
      const key = keyOfHash.get(commitment)
      if (key !== undefined) former.add(key)
      const next = this.#follower(actsOf.get(key ?? NOBODY) ?? [], from, { actsOf, keyOfHash, former })
      reigns.push({ key, commitment, from, to: next?.from ?? -1 })
      if (next === undefined) return reigns
      ;({ commitment, from } = next)
    }
  }

  #follower(own: readonly number[], from: number, { actsOf, keyOfHash, former }: Signers): Follower | undefined {
    const graph = this.#graph
    const found: Follower[] = []
    for (const rotation of own) {
      const content = graph.acts[rotation]?.act.do
      if (content?.type !== 'rotate' || (from >= 0 && !graph.isBefore(from, rotation))) continue
      const key = keyOfHash.get(content.next)
      if (key === undefined || former.has(key)) continue
      for (const proof of actsOf.get(key) ?? []) {
        const hash = graph.acts[proof]?.hash
        if (hash === undefined || graph.acts[proof]?.act.do.type !== 'confirm' || !graph.isBefore(rotation, proof)) continue
        found.push({ commitment: content.next, from: proof, hash })
      }
    }
    if (found.length < 2) return found[0]
    const witnesses = (this.#witnesses ??= this.#findWitnesses())
    const witnessed = found.filter(({ from: proof }) => witnesses.some((i) => graph.isBefore(proof, i)))
    return (witnessed.length > 0 ? witnessed : found).reduce((best, one) => (compareBytes(one.hash, best.hash) < 0 ? one : best))
  }

  /**
   * Acts of devices that the first one let in, or one that it did, and whom none of these has revoked. Nothing counts here that a recovery key did: two of these
   * are to be told apart by it.
   */
  #findWitnesses(): readonly number[] {
    const { acts } = this.#graph
    const rooted: number[] = []
    const isRooted = new Uint8Array(acts.length)
    const revoked = new Set<number>()
    for (const [i, { act }] of acts.entries()) {
      if (act.by.length !== AUTHOR_BYTES || !['add', 'revoke', 'label'].includes(act.do.type)) continue
      const giver = this.#graph.number(act.via)
      if (act.via !== undefined && (isRooted[giver] !== 1 || !this.#graph.isBefore(giver, i))) continue
      if (!this.allows(i, giver)) continue
      isRooted[i] = 1
      rooted.push(i)
      const removed = this.removes(i)
      if (removed !== undefined && removed !== this.subject(i)) revoked.add(removed)
    }
    return rooted.filter((i) => !revoked.has(this.subject(i)))
  }
}

/** A recovery key that proved itself. */
interface Follower {
  readonly commitment: Uint8Array
  /** The act by which it did, and its hash. */
  readonly from: number
  readonly hash: Uint8Array
}

interface Signers {
  readonly actsOf: ReadonlyMap<number, readonly number[]>
  readonly keyOfHash: BytesMap<number>
  readonly former: ReadonlySet<number>
}

interface Listed {
  device: Device
  /** The act that says its label. */
  labelled: SignedAct | undefined
}

/** Of several acts that say the same of a device, the first one by time that added it, the last one that named it, and the least that revocations leave of it. */
function devicesOf({ genesis }: DecodedPerson, graph: ActGraph, { found, circles }: Found): readonly Device[] {
  const list: Listed[] = [{ device: { key: genesis.device, label: '', from: 0 }, labelled: undefined }]
  const byKey = new BytesMap(list.map((one) => [one.device.key, one]))
  const acts = found.map((i) => graph.acts[i]).filter((signed) => signed !== undefined)
  for (const { act, hash } of acts.toSorted(byTime)) {
    const { do: content } = act
    if (content.type !== 'add' || byKey.has(content.key)) continue
    const device = { key: content.key, label: content.label, from: act.at, addedBy: act.by, via: hash }
    const listed: Listed = { device, labelled: undefined }
    list.push(listed)
    byKey.set(content.key, listed)
  }
  for (const signed of acts) {
    const { do: content } = signed.act
    if (content.type !== 'label') continue
    const listed = byKey.get(content.key)
    if (listed === undefined) continue
    const { device, labelled } = listed
    if (labelled !== undefined && byTime(labelled, signed) >= 0) continue
    listed.device = { ...device, label: content.label }
    listed.labelled = signed
  }
  const ends = endsOf(graph, { found, circles })
  return list.map(({ device }) => ({ ...device, ...ends.get(device.key) })).sort((a, b) => compareBytes(a.key, b.key))
}

/** Acts that count, and which of them are removals in circles. */
interface Found extends Pick<Standing, 'circles'> {
  readonly found: readonly number[]
}

/** What revocations leave of devices. */
type Ends = BytesMap<Pick<Device, 'until' | 'void'>>

/** A revocation, and when the device that it ends said of itself that it ended another one of its circle; `undefined` where that is no dispute. */
interface Ending {
  readonly until: number
  readonly isVoid: boolean
  readonly claim: number | undefined
}

/**
 * Devices that end each other: nobody can tell who was first, so none of these revocations takes away what was there before. What each wrote until then stands,
 * and a revocation of it by anybody outside of that is one as ever.
 */
function endsOf(graph: ActGraph, { found, circles }: Found): Ends {
  const claims = new BytesMap<Map<number, number>>()
  const removals = found.flatMap((i) => {
    const { act } = graph.acts[i] ?? {}
    return act?.do.type === 'revoke' ? [{ ...act.do, by: act.by, at: act.at, circle: circles[i] ?? -1 }] : []
  })
  for (const { key, by, at, circle } of removals) {
    if (circle < 0 || equalBytes(key, by)) continue
    const own = claims.get(by) ?? new Map<number, number>()
    claims.set(by, own.set(circle, Math.min(at, own.get(circle) ?? at)))
  }
  const endings = new BytesMap<Ending[]>()
  for (const { key, by, until, circle, void: isVoid = false } of removals) {
    const claim = circle < 0 || equalBytes(key, by) ? undefined : claims.get(key)?.get(circle)
    const all = endings.get(key) ?? []
    all.push({ until, isVoid, claim })
    endings.set(key, all)
  }
  const ends: Ends = new BytesMap()
  for (const { key } of removals) {
    if (ends.has(key)) continue
    const all = endings.get(key) ?? []
    const sure = all.filter(({ claim }) => claim === undefined)
    const until = (sure.length > 0 ? sure : all).reduce((least, one) => Math.min(least, one.until), Number.POSITIVE_INFINITY)
    const claim = all.reduce((least, one) => Math.min(least, one.claim ?? least), Number.POSITIVE_INFINITY)
    if (sure.length > 0) ends.set(key, { until, ...(sure.some(({ isVoid }) => isVoid) && { void: true }) })
    else ends.set(key, { until: Math.max(until, claim) })
  }
  return ends
}

/** By time, of one time the higher hash first: so the last one has the lowest. */
function byTime(a: SignedAct, b: SignedAct): number {
  return a.act.at - b.act.at || (equalBytes(a.hash, b.hash) ? 0 : compareBytes(b.hash, a.hash))
}
