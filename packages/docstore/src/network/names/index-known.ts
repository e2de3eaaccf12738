export { actsForOf } from './acts-for.ts'
export { KnownNames } from './known-names.ts'
export { stateOfName } from './name-keeper.ts'
