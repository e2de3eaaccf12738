export { RELAY_REFRESH_MS } from './limits.ts'
export { isStoring, membersOf, sinceAtStart } from './membership.ts'
export { Draws, Placement } from './placement.ts'
export { sectorOf } from './sector.ts'
