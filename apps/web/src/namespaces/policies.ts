import type { NamespaceInfo, WritePolicy } from 'p2p-docstore'

/** A write policy that can be chosen, in the words of the page. */
export interface PolicyChoice {
  readonly policy: WritePolicy
  readonly name: string
  readonly explanation: string
}

/** The policies that can be chosen. */
export const POLICIES: readonly PolicyChoice[] = [
  { policy: 'owner', name: 'Only me', explanation: 'You alone write; everyone in the network can read.' },
  {
    policy: 'members',
    name: 'Whom I choose',
    explanation: 'You, and those to whom you give a role in its settings; everyone in the network can read.',
  },
  { policy: 'author', name: 'Everyone their own', explanation: 'Anyone adds documents; each can change only their own.' },
  { policy: 'anyone', name: 'Everyone everything', explanation: 'Anyone adds, changes and deletes any document.' },
]

/** Who may write, in a word or two. */
export function policyName({ write, owner, ended }: NamespaceInfo, identity: string): string {
  if (ended !== undefined) return 'has ended'
  switch (write) {
    case 'owner':
      return owner === identity ? 'only you write' : 'only its owner writes'
    case 'author':
      return 'everyone writes their own'
    case 'anyone':
      return 'everyone writes'
    case 'members':
      return owner === identity ? 'you write, and whom you choose' : 'members write'
    case 'nostr':
      return 'clients of Nostr write'
  }
}
