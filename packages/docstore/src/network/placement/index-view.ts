export { PlacementView } from './placement-view.ts'
export { type MetStores, meetStores } from './meet-stores.ts'
