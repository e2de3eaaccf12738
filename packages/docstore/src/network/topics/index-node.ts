export { ForwardedTopics } from './forwarded-topics.ts'
