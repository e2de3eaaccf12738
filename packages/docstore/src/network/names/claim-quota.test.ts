import { multiaddr } from '@multiformats/multiaddr'
import { expect, it } from 'vitest'
import { ClaimQuota } from './claim-quota.ts'
import { CLAIMS_PER_HOST, QUOTA_MS } from './limits.ts'

it('a host gets so many names in an hour, whichever of its addresses it takes, and others get theirs', () => {
  let now = 0
  const quota = new ClaimQuota(() => now)
  const from = (n: number): ReturnType<typeof multiaddr> => multiaddr(`/ip6/2600:1:2:3::${n.toString(16)}/tcp/4001`)
  for (let i = 1; i <= CLAIMS_PER_HOST; i++) {
    expect(quota.allows(from(i))).toBe(true)
    quota.note(from(i))
  }
  expect(quota.allows(from(5000))).toBe(false)
  expect(quota.allows(multiaddr('/ip6/2600:1:2:4::1/tcp/4001'))).toBe(true)
  for (let i = 0; i < CLAIMS_PER_HOST; i++) quota.note(multiaddr('/ip4/127.0.0.1/tcp/1'))
  expect(quota.allows(multiaddr('/ip4/127.0.0.1/tcp/2'))).toBe(true)
  now += QUOTA_MS
  expect(quota.allows(from(5000))).toBe(true)
})
