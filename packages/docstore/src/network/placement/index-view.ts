export { KnownSplits } from './known-splits.ts'
export { PlacementView } from './placement-view.ts'
export { MEET_FOR_PERSON_MS } from './limits.ts'
export { type MetStores, meetStores } from './meet-stores.ts'
