export { contentAt } from './content-at.ts'
export { ContentFinder } from './content-finder.ts'
export { MAX_PASSED_ON_AT_ONCE, PASS_ON_MS } from './limits.ts'
export { PassedOn } from './passed-on.ts'
