import { equalBytes } from '../bytes.ts'
import { BytesMap } from '../bytes-map.ts'
import { equalCids } from '../encoding/cid.ts'
import type { ActingDevices } from '../namespace/namespace.ts'
import type { SignedAct } from './act.ts'
import { ActGraph } from './act-graph.ts'
import { grownFacts, type LogFacts, logFacts, type LogTips, tipsOf } from './log-facts.ts'
import type { DecodedPerson } from './person.ts'
import { type Device, type Devices, devicesOf, grownDevices } from './person-devices.ts'
import { PersonLog } from './person-log.ts'
import { growStanding, type Standing, standingActs } from './standing.ts'

export type { Device } from './person-devices.ts'

/** What a person's log says, as far as it is here. The same whatever the order in which its acts came. */
export interface PersonState extends ActingDevices, LogFacts {
  /** By key. */
  readonly devices: readonly Device[]
  /** sha-256 of the recovery key. */
  readonly recovery: Uint8Array
  /** sha-256 of recovery keys that have been named to follow it and have not proved themselves. */
  readonly proposed: readonly Uint8Array[]
}

/** What a state was made of: it grows with the log, from the last state that was made of it alone. */
interface Ground {
  readonly person: DecodedPerson
  readonly graph: ActGraph
  readonly log: PersonLog
  readonly standing: Standing
}

/** What is known of a state beside what it says, so that it can be grown. */
interface Grown {
  readonly ground: Ground
  readonly devices: Devices
  readonly tips: LogTips
  /** The one act by which it was grown, and what came of it: `undefined` where the whole log has to be looked at. */
  next?: { readonly hash: Uint8Array; readonly state: PersonState | undefined }
}

const grounds = new WeakMap<PersonState, Grown>()

/** The state of a person from their genesis and acts of their log, each of which `decodeAct` or `signAct` gave. */
export function personState(person: DecodedPerson, acts: Iterable<SignedAct>): PersonState {
  const graph = ActGraph.of(ofLog(person, acts))
  const log = new PersonLog(person, graph)
  const standing = standingActs(graph, log)
  const found = [...standing.counts.keys()].filter((i) => standing.counts[i] === 1)
  const devices = devicesOf(person, graph, { found, circles: standing.circles })
  const tips = tipsOf(graph, found)
  const epoch = found.filter((i) => ['revoke', 'confirm'].includes(graph.acts[i]?.act.do.type ?? '')).length
  const said = { ...logFacts(graph, found, tips), devices: devices.list, epoch, recovery: log.recovery, proposed: log.proposed(found) }
  return withGround(said, { ground: { person, graph, log, standing }, devices, tips })
}

/**
 * The state once there is one act more in the log, in a fraction of the time that it takes to look at all: most acts change nothing of what others say. `undefined` where this one may, or waits, or
 * where the state was grown by another one before: then it has to be made anew.
 */
export function grownPersonState(state: PersonState, signed: SignedAct): PersonState | undefined {
  const known = grounds.get(state)
  if (known === undefined) return undefined
  const { next } = known
  if (next !== undefined) return equalBytes(next.hash, signed.hash) ? next.state : undefined
  const { graph, person } = known.ground
  if (!equalCids(signed.act.log, person.cid) || !graph.canAppend(signed) || graph.number(signed.hash) >= 0) return undefined
  const grown = grow(state, known, signed)
  known.next = { hash: signed.hash, state: grown }
  return grown
}

function grow(state: PersonState, { ground, devices, tips: before }: Grown, signed: SignedAct): PersonState | undefined {
  const { graph, log, standing } = ground
  const i = graph.append(signed)
  if (!log.grow(i) || !growStanding(graph, log, standing, i)) return undefined
  const counts = standing.counts[i] === 1
  const list = grownDevices(devices, signed, counts)
  if (list === undefined) return undefined
  const { facts, tips } = grownFacts(graph, state, before, { i, counts })
  const epoch = state.epoch + Number(counts && signed.act.do.type === 'revoke')
  const said = { ...facts, devices: list, epoch, recovery: state.recovery, proposed: state.proposed }
  return withGround(said, { ground, devices: { ...devices, list }, tips })
}

function withGround(said: Omit<PersonState, 'acts'>, grown: Grown): PersonState {
  const byKey = new BytesMap(said.devices.map((device): readonly [Uint8Array, Device] => [device.key, device]))
  const state: PersonState = {
    ...said,
    acts(key, at) {
      const device = byKey.get(key)
      if (device === undefined) return 'no-device'
      return device.void === true || at > (device.until ?? at) ? 'revoked' : 'yes'
    },
  }
  grounds.set(state, grown)
  return state
}

function* ofLog({ cid }: DecodedPerson, acts: Iterable<SignedAct>): Iterable<SignedAct> {
  for (const signed of acts) if (equalCids(signed.act.log, cid)) yield signed
}
