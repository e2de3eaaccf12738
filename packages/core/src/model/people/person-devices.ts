import { compareBytes, equalBytes } from '../bytes.ts'
import { BytesMap } from '../bytes-map.ts'
import type { SignedAct } from './act.ts'
import type { ActGraph } from './act-graph.ts'
import type { DecodedPerson } from './person.ts'
import type { Standing } from './standing.ts'

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

interface Listed {
  device: Device
  /** The act that says its label. */
  labelled: SignedAct | undefined
}

/** Of several acts that say the same of a device, the first one by time that added it, the last one that named it, and the least that revocations leave of it. */
export function devicesOf({ genesis }: DecodedPerson, graph: ActGraph, { found, circles }: Found): Devices {
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
  const { ends, disputed } = endsOf(graph, { found, circles })
  const named = new BytesMap<true>()
  for (const { do: content } of graph.acts.map(({ act }) => act))
    if (content.type === 'label' || content.type === 'revoke') named.set(content.key, true)
  return {
    list: list.map(({ device }) => ({ ...device, ...ends.get(device.key) })).sort((a, b) => compareBytes(a.key, b.key)),
    labelled: new BytesMap(list.flatMap(({ device, labelled }) => (labelled === undefined ? [] : [[device.key, labelled] as const]))),
    disputed,
    named,
  }
}

/** Devices as a log lists them, and what has to be known of that to take one more act into account. */
export interface Devices {
  /** By key. */
  readonly list: readonly Device[]
  /** By device: the act that says its label. */
  readonly labelled: BytesMap<SignedAct>
  /** Devices of which it is disputed who ended them. */
  readonly disputed: BytesMap<true>
  /** Keys of which acts say something, whether it counts or not, that are devices or may be some once they are added. */
  readonly named: BytesMap<true>
}

/** The list once there is one act more, which counts or not; `undefined` where that takes looking at all others. */
export function grownDevices({ list, labelled, disputed, named }: Devices, signed: SignedAct, counts: boolean): readonly Device[] | undefined {
  const { do: content, at, by } = signed.act
  if (content.type !== 'add' && content.type !== 'label' && content.type !== 'revoke') return undefined
  const isNamed = named.has(content.key)
  if (content.type !== 'add') named.set(content.key, true)
  if (!counts) return list
  const place = placeOf(list, content.key)
  const device = list[place]
  const isListed = device !== undefined && equalBytes(device.key, content.key)
  if (content.type === 'add') {
    if (isListed || isNamed) return undefined
    return list.toSpliced(place, 0, { key: content.key, label: content.label, from: at, addedBy: by, via: signed.hash })
  }
  if (!isListed) return list
  if (content.type === 'revoke') {
    if (disputed.has(content.key)) return undefined
    const until = Math.min(content.until, device.until ?? content.until)
    return list.with(place, { ...device, until, ...(content.void === true && { void: true }) })
  }
  const before = labelled.get(content.key)
  if (before !== undefined && byTime(before, signed) >= 0) return list
  labelled.set(content.key, signed)
  return list.with(place, { ...device, label: content.label })
}

/** Where a key is in the list, or would be. */
function placeOf(list: readonly Device[], key: Uint8Array): number {
  let [start, end] = [0, list.length]
  while (start < end) {
    const middle = (start + end) >>> 1
    const device = list[middle]
    if (device !== undefined && compareBytes(device.key, key) < 0) start = middle + 1
    else end = middle
  }
  return start
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
function endsOf(graph: ActGraph, { found, circles }: Found): { readonly ends: Ends; readonly disputed: BytesMap<true> } {
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
  const disputed = new BytesMap<true>()
  for (const { key } of removals) {
    if (ends.has(key)) continue
    const all = endings.get(key) ?? []
    const sure = all.filter(({ claim }) => claim === undefined)
    if (sure.length < all.length) disputed.set(key, true)
    const until = (sure.length > 0 ? sure : all).reduce((least, one) => Math.min(least, one.until), Number.POSITIVE_INFINITY)
    const claim = all.reduce((least, one) => Math.min(least, one.claim ?? least), Number.POSITIVE_INFINITY)
    if (sure.length > 0) ends.set(key, { until, ...(sure.some(({ isVoid }) => isVoid) && { void: true }) })
    else ends.set(key, { until: Math.max(until, claim) })
  }
  return { ends, disputed }
}

/** By time, of one time the higher hash first: so the last one has the lowest. */
function byTime(a: SignedAct, b: SignedAct): number {
  return a.act.at - b.act.at || (equalBytes(a.hash, b.hash) ? 0 : compareBytes(b.hash, a.hash))
}
