export { PlacementView } from './placement-view.ts'
