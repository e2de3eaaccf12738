export { NodeKademlia } from './kademlia-node.ts'
