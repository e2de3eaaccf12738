/** How long an attempt is waited for before another relay is tried as well, milliseconds. */
const PATIENCE_MS = 3000
/** How long a relay of the directory may be out of reach until its place goes to another, milliseconds; and where no place is left but needed. */
const GIVE_UP_MS: number = 5 * 60_000
const GIVE_UP_SOON_MS = 30_000

/** A link to a relay, as far as choosing goes. */
export interface LinkState {
  readonly id: string
  /** Whether its user asked for it. Such links are never given up. */
  readonly isJoined: boolean
  readonly isConnected: boolean
  /** Whether the last attempt to reach it failed. */
  readonly hasFailed: boolean
  /** Whether it keeps documents, and whether it gives places through which others are reached, as far as is known. */
  readonly isKeeper: boolean
  readonly givesPlaces: boolean
  /** For how long it has not been connected, milliseconds. */
  readonly lostMs: number
  /** Whether it is the only connected one that keeps some wanted namespace. */
  readonly isNeeded: boolean
  /** Peer id, where it is known. */
  readonly peer: string | undefined
  /** Namespaces that it was said to keep, and that it does not keep by its own word. */
  readonly lacks: ReadonlySet<string>
}

/** A wanted namespace, and the relays that are said to keep it, the most wanted first. */
export interface Holders {
  readonly ns: string
  readonly peers: readonly string[]
}

/** What the choice is made from. */
export interface Choice {
  readonly links: readonly LinkState[]
  /** Relays of the directory that keep documents and can be tried, the most wanted first; and where a place is wanted, those that give places. */
  readonly listed: readonly string[]
  readonly placeGivers: readonly string[]
  /** For each wanted namespace that no connected relay keeps. */
  readonly holders: readonly Holders[]
  /** Relays that have to be linked to, whatever else is. */
  readonly needed?: readonly string[]
  /** How many relays should be connected, and how many links there are at most. */
  readonly enough: number
  readonly max: number
}

/** What is to be done. */
export interface Chosen {
  /** Peers to link to. */
  readonly add: readonly string[]
  /** Ids of links to end. */
  readonly drop: readonly string[]
}

/**
 * Which relays to keep in touch with: those that were joined, as many others as it takes to have enough connected ones, and one for each wanted
 * namespace that none of them keeps.
 */
export function chooseRelays({ links, listed, placeGivers, holders, needed = [], enough, max }: Choice): Chosen {
  const drop = new Set(links.filter((link) => isLost(link, links)).map(({ id }) => id))
  const add: string[] = []
  const isLinked = (peer: string): boolean => add.includes(peer) || links.some((link) => link.peer === peer && !drop.has(link.id))
  const place = (): boolean => {
    if (links.length - drop.size + add.length < max) return true
    const isNeeded = ({ peer }: LinkState): boolean => peer !== undefined && needed.includes(peer)
    const spare = links.find((link) => !drop.has(link.id) && !isNeeded(link) && isSpare(link, holders))
    if (spare !== undefined) drop.add(spare.id)
    return spare !== undefined
  }
  for (const peer of needed) if (!isLinked(peer) && place()) add.push(peer)
  for (const { ns, peers } of holders) {
    const isHoped = (link: LinkState): boolean => !drop.has(link.id) && !link.hasFailed && !link.lacks.has(ns)
    const isComing = peers.some((one) => add.includes(one) || links.some((link) => link.peer === one && isHoped(link)))
    const peer = isComing ? undefined : peers.find((one) => !isLinked(one))
    if (peer !== undefined && place()) add.push(peer)
  }
  const left = links.filter(({ id }) => !drop.has(id))
  const promising = left.filter(({ isConnected, hasFailed, lostMs }) => isConnected || (!hasFailed && lostMs < PATIENCE_MS))
  // A relay that was joined may turn out to be one of these.
  const isSettling = links.some(({ isJoined, peer, hasFailed, lostMs }) => isJoined && peer === undefined && !hasFailed && lostMs < PATIENCE_MS)
  let missing = isSettling ? 0 : enough - promising.filter(({ isKeeper }) => isKeeper).length - add.length
  for (const peer of listed) {
    if (missing <= 0) break
    if (isLinked(peer) || links.some((link) => link.peer === peer)) continue
    if (links.length - drop.size + add.length >= max) {
      const stuck = links.find(({ id, isJoined, isConnected, lostMs }) => !drop.has(id) && !isJoined && !isConnected && lostMs > GIVE_UP_SOON_MS)
      if (stuck === undefined) break
      drop.add(stuck.id)
    }
    add.push(peer)
    missing--
  }
  const hasPlaceGiver = promising.some(({ givesPlaces }) => givesPlaces) || add.some((peer) => placeGivers.includes(peer))
  const placeGiver = isSettling || hasPlaceGiver ? undefined : placeGivers.find((peer) => !links.some((link) => link.peer === peer))
  if (placeGiver !== undefined && place()) add.push(placeGiver)
  return { add, drop: [...drop] }
}

/** A relay of the directory that is out of reach for long, or that turned out to be one that was joined. */
function isLost({ id, isJoined, isConnected, lostMs, peer }: LinkState, links: readonly LinkState[]): boolean {
  if (isJoined) return false
  return (
    (!isConnected && lostMs > GIVE_UP_MS) || links.some((other) => other.isJoined && other.id !== id && peer !== undefined && other.peer === peer)
  )
}

/** Whether a link may give its place to another: nothing is had from it, or hoped for, that no other has. */
function isSpare({ isJoined, isConnected, isNeeded, lostMs, peer, lacks }: LinkState, holders: readonly Holders[]): boolean {
  const isHoped = holders.some(({ ns, peers }) => peer !== undefined && peers.includes(peer) && !lacks.has(ns))
  return !isJoined && !isNeeded && !isHoped && (isConnected || lostMs > PATIENCE_MS)
}
