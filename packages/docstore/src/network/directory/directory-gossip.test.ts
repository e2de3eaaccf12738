import { type GossipSub, type Message, type TopicValidatorFn, TopicValidatorResult } from '@libp2p/gossipsub'
import { peerIdFromString } from '@libp2p/peer-id'
import { createNetwork, encodeCbor } from '@p2p-docstore/core'
import { describe, expect, it } from 'vitest'
import { DescribedPeer } from '../testing/described-peer.ts'
import { Directory } from './directory.ts'
import { DirectoryGossip } from './directory-gossip.ts'

const network = createNetwork('gossip')

describe('gossip about the directory', () => {
  it('passes on what is news, once', async () => {
    const topicValidators = new Map<string, TopicValidatorFn>()
    const pubsub = { topicValidators, subscribe: () => undefined } as unknown as GossipSub
    const directory = new Directory({ network, isConnected: () => false })
    void new DirectoryGossip({ pubsub, networkId: network.id, directory, onMisdeed: () => undefined })
    const peer = new DescribedPeer(network)
    const now = Date.now()
    const judge = (at: number) => {
      const data = encodeCbor({ ...peer.entry({ at }) })
      return [...topicValidators.values()][0]?.(peerIdFromString(peer.id), { data } as Message)
    }
    expect(await judge(now)).toBe(TopicValidatorResult.Accept)
    expect(await judge(now)).toBe(TopicValidatorResult.Ignore)
    expect(await judge(now - 1)).toBe(TopicValidatorResult.Ignore)
    expect(await judge(now + 1)).toBe(TopicValidatorResult.Accept)
  })
})
