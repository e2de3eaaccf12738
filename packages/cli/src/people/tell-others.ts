import type { Docstore } from 'p2p-docstore'
import type { Context } from '../context.ts'

/** Whom others were told of a change of this person. */
export interface Told {
  /** Relays that have it, with what they keep of this person. */
  readonly told: number
  /** Why there are none, else `null`; `nothing-kept`: there is no namespace with which it would come to a relay. */
  readonly why: 'offline' | 'no-relay' | 'nobody-reached' | 'nothing-kept' | null
}

/** Tells relays what has changed about this person: they learn of it with what they keep of them. */
export async function tellOthers({ settings, signal }: Context, { network, namespaces }: Docstore, isOffline: boolean): Promise<Told> {
  if (network === undefined || isOffline) return { told: 0, why: isOffline ? 'offline' : 'no-relay' }
  if (!(await network.peers()).some(({ role }) => role === 'relay')) return { told: 0, why: 'no-relay' }
  const limits = { timeoutMs: settings.timeoutMs, signal }
  if ((await network.connected(limits)) === 0) return { told: 0, why: 'nobody-reached' }
  const here = await namespaces.list()
  if (here.length === 0) return { told: 0, why: 'nothing-kept' }
  const told = new Set<string>()
  for (const { id } of here) {
    const namespace = await namespaces.open(id)
    const { peers } = await namespace.sync(limits)
    // Of a clock that is ahead a relay takes nothing.
    const holding = new Set((await namespace.status()).peers.flatMap((peer) => (peer.held > 0 ? [peer.id] : [])))
    for (const peer of peers) if (!holding.has(peer)) told.add(peer)
  }
  return told.size === 0 ? { told: 0, why: 'nobody-reached' } : { told: told.size, why: null }
}

/** What a person reads about it, behind what was done. */
export function toldText({ told, why }: Told): string {
  switch (why) {
    case null:
      return `told to ${told} ${told === 1 ? 'relay' : 'relays'}.`
    case 'offline':
      return 'here: others learn of it at the next contact.'
    case 'no-relay':
      return 'here. No relay is known: others learn of it from this device, when they meet it.'
    case 'nobody-reached':
      return 'here. Nobody was reached: others learn of it at the next contact.'
    case 'nothing-kept':
      return 'here. This person has no namespace yet with which relays would keep that: others learn of it with the first one.'
  }
}
