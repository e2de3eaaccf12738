import type { NamespacePeerStatus } from '../../network/types.ts'

/**
 * Whether a namespace has arrived. `here`: it has. `absent`: everyone who was reached said that they do not have it. `searching`: nobody has said
 * so yet, because they are still being asked, or nobody is reached. Either way it is looked for, and comes by itself once somebody has it.
 */
export type Arrival = 'absent' | 'searching' | 'here'

/** How the search for a namespace that is not here stands. */
export function arrivalOf(peers: readonly NamespacePeerStatus[]): Exclude<Arrival, 'here'> {
  const reached = peers.filter(({ state }) => state !== 'offline' && state !== 'waiting')
  return reached.length > 0 && reached.every(({ state }) => state === 'absent' || state === 'declined') ? 'absent' : 'searching'
}
