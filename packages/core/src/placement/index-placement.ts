export { MAX_SPLIT, PLACEMENT_TIMES, type PlacementTimes, PRINT_BYTES, SECTORS } from './limits.ts'
export { isStoring, type Member, membersOf, sinceAtStart } from './membership.ts'
export { Draws, Placement } from './placement.ts'
export { type Compared, Repair, type RepairAction, type SectorStore } from './repair/repair.ts'
export { type Home, homesOf, partsOf, sectorOf, splitFor } from './sector.ts'
export { decodeStatus, encodeStatus, type SectorState, type SectorStatus } from './status.ts'
export {
  ALL_PARTS,
  areAllParts,
  areNoParts,
  bothParts,
  coversParts,
  isInParts,
  joinedParts,
  NO_PARTS,
  partsOfRange,
  partsWithout,
} from '../sets/parts.ts'
