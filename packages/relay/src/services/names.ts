import type { Service } from './service.ts'

/** Usernames, in networks that have some: told to who asks, and granted where this relay is an authority. */
export const names: Service = {
  name: 'names',
  about: 'tells usernames, and grants them where it may',
  fits: (network) => network.names !== undefined,
  start: () => ({ health: () => ({ ok: true }) }),
}
