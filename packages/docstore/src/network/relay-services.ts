import { KEEPS_ASKED_SERVICE, KEEPS_OWNED_SERVICE } from '@p2p-docstore/core'
import type { RelayStorage } from './types.ts'

/**
 * What a relay may do for others over their connections, each of it switched by who runs it: `signaling` gives places through which others are reached,
 * `discovery` says who keeps a namespace, `directory` who is in the network, `storage` keeps documents and files, `messages` passes on those of topics,
 * `names` tells usernames.
 */
export const NETWORK_SERVICES = ['signaling', 'discovery', 'directory', 'storage', 'messages', 'names'] as const

export type NetworkService = (typeof NETWORK_SERVICES)[number]

export function isNetworkService(name: string): name is NetworkService {
  return NETWORK_SERVICES.some((one) => one === name)
}

/** Whether a relay that says this of itself offers a service. One that says nothing offers all. */
export function offers(services: readonly string[] | undefined, service: NetworkService): boolean {
  return services === undefined || services.includes(service)
}

/** What a relay says of what it keeps. */
export const KEEPING: Readonly<Record<RelayStorage, readonly string[]>> = { all: [], owned: [KEEPS_OWNED_SERVICE], asked: [KEEPS_ASKED_SERVICE] }

/** What a relay says of itself in its greeting; `undefined` where it offers all, and keeps everything. */
export function greetedServices(services: readonly string[] | undefined, storage: RelayStorage): readonly string[] | undefined {
  const keeping = offers(services, 'storage') ? KEEPING[storage] : []
  return keeping.length === 0 ? services : [...(services ?? NETWORK_SERVICES), ...keeping]
}
