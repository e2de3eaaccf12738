import { describe, expect, it } from 'vitest'
import { createDocstore } from '../index-node.ts'
import { rememberOwnOrigin, rememberRelays } from '../network/relays/known-relays.ts'
import { knownOrigins } from './known-origins.ts'

describe('relays of a join link', () => {
  it('are the own one and those that were joined, connected ones first; none that only says where it is', async () => {
    await using store = await createDocstore({ network: 'off' })
    const { replica } = store
    await rememberOwnOrigin(replica, 'https://own.example')
    await rememberRelays(replica, ['https://down.example', 'https://up.example'])
    const status = (origin: string) => ({ origin, state: 'connected' }) as const
    const peers = async () => [status('https://stranger.example'), status('https://up.example')] as never
    expect(await knownOrigins({ replica, peers })).toEqual(['https://own.example', 'https://up.example', 'https://down.example'])
  })
})
