import { ALL_PARTS, type Parts, timesHeld } from '@p2p-docstore/core'

/** Whether what is kept equal with these peers is all of a namespace: of one that is split, each may have some parts. */
export function areWhole(peers: readonly { readonly parts?: Parts }[]): boolean {
  return peers.some(({ parts }) => parts === undefined) || timesHeld(peers.map(({ parts = ALL_PARTS }) => parts)) > 0
}
