import { toHex } from '../../model/bytes.ts'
import { PROOF_MS } from '../../placement/limits.ts'
import type { Placement } from '../../placement/placement.ts'
import { type SimDocument, type SimRecord, wins } from './sim-record.ts'
import type { SimRelay } from './sim-relay.ts'

/** What simulated clients did with a document. */
export interface Written {
  readonly document: SimDocument
  /** Versions of which a client was told that enough owners have them. */
  readonly acknowledged: SimRecord[]
}

/** Something that must not be. */
export class BrokenInvariant extends Error {}

function broken(what: string): never {
  throw new BrokenInvariant(what)
}

/** Of versions, the one that wins. */
export function winnerOf(records: Iterable<SimRecord>): SimRecord | undefined {
  let winner: SimRecord | undefined
  for (const record of records) if (wins(record, winner)) winner = record
  return winner
}

/**
 * Before a relay removes a sector: every honest owner that it knows has all of it, or newer versions. One that has just lost its disk had it: it proved so, and
 * the others have it.
 */
export function checkDrop(relay: SimRelay, sector: number, placement: Placement, relayOf: (name: string) => SimRelay | undefined): void {
  const owners = placement.ownerNames(sector).flatMap((name) => relayOf(name) ?? [])
  const honest = owners.filter(({ character, lostDiskMsAgo }) => character !== 'keeps-nothing' && character !== 'twin' && lostDiskMsAgo > PROOF_MS)
  if (honest.length === 0) broken(`relay ${relay.index} removes sector ${sector} that nobody has`)
  for (const record of relay.store.records(sector))
    for (const owner of honest)
      if (wins(record, owner.store.get(record)))
        broken(`relay ${relay.index} removes sector ${sector}, and owner ${owner.index} does not have all of it`)
}

/** How the world has to be when it was quiet for long. */
export interface Expectation {
  readonly relays: readonly SimRelay[]
  readonly placementOf: (relay: SimRelay) => Placement
  readonly written: Iterable<Written>
  readonly copies: number
  /** Copies that may be missing, because owners lie or have no room. */
  readonly missing: number
  /** Whether relays that own nothing of a sector must have removed it. */
  readonly isTidy: boolean
}

/** What was found at the end. */
export interface Found {
  readonly documents: number
  readonly acknowledged: number
  readonly deleted: number
  readonly fewestCopies: number
  readonly maxOverMean: number
}

/** By document, who has any version of it. */
function holdersOf(relays: readonly SimRelay[]): ReadonlyMap<string, readonly SimRelay[]> {
  const holding = new Map<string, SimRelay[]>()
  for (const relay of relays)
    for (const sector of relay.store.held())
      for (const { id } of relay.store.records(sector)) {
        const holders = holding.get(id)
        if (holders === undefined) holding.set(id, [relay])
        else holders.push(relay)
      }
  return holding
}

/** Throws where one of the promises is broken: copies, acknowledged writes, deletes, and nothing left lying about. */
export function checkEnd({ relays, placementOf, written, copies, missing, isTidy }: Expectation): Found {
  const [first] = relays
  if (first === undefined) return broken('no relay is left')
  const placement = placementOf(first)
  const names = (of: Placement): string => of.members.map(({ key }) => toHex(key)).join()
  // Equal views share one.
  for (const relay of relays)
    if (placementOf(relay) !== placement && names(placementOf(relay)) !== names(placement))
      broken(`relays ${first.index} and ${relay.index} see other members when it is quiet`)
  const wanted = Math.min(copies, placement.members.length)
  const honest = relays.filter(({ character }) => character !== 'keeps-nothing')
  const byName = new Map(relays.map((relay) => [relay.name, relay]))
  const holding = holdersOf(honest)
  let [documents, deleted, acknowledged, fewestCopies] = [0, 0, 0, Number.POSITIVE_INFINITY]
  for (const { document, acknowledged: told } of written) {
    const having = holding.get(document.id) ?? []
    const winner = winnerOf(having.flatMap(({ store }) => store.get(document) ?? []))
    const promised = winnerOf(told)
    if (promised !== undefined && (winner === undefined || wins(promised, winner))) broken(`an acknowledged write of ${document.id} is lost`)
    if (winner === undefined) continue
    documents++
    acknowledged += told.length
    if (winner.content.length === 0) deleted++
    const holders = having.filter(({ store }) => store.get(document)?.hash === winner.hash)
    const owners = placement.ownerNames(document.sector).map((name) => byName.get(name))
    const owning = holders.filter((holder) => owners.includes(holder))
    fewestCopies = Math.min(fewestCopies, Math.max(owning.length, missing > 0 ? holders.length : 0))
    if (owning.length < wanted - missing) broken(`${document.id} has ${owning.length} of ${wanted} copies`)
    for (const relay of having) {
      const mine = relay.store.get(document)
      if (mine === undefined || mine.hash === winner.hash) continue
      if (missing === 0 || owners.includes(relay))
        broken(`relay ${relay.index} has an old version of ${document.id}${winner.content.length === 0 ? ', which was deleted' : ''}`)
    }
    if (isTidy && !placement.isEverywhere && holders.length > owning.length) broken(`${document.id} lies at ${holders.length} relays`)
  }
  const loads = placement.members.map(({ key }) => placement.ownedBy(toHex(key)).length)
  const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length
  return { documents, acknowledged, deleted, fewestCopies, maxOverMean: Math.max(...loads) / mean }
}
