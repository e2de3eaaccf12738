export { Receipts } from './receipts.ts'
export { TopicCounts } from './topic-counts.ts'
export { Topics } from './topics.ts'
