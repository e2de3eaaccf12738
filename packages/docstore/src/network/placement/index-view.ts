export { PlacementView } from './placement-view.ts'
export { meetStores } from './meet-stores.ts'
