import { expect, it } from 'vitest'
import { profileJson } from './profile-text.ts'

it('has every time of a profile as ISO text', () => {
  const json = profileJson({
    person: 'bafyreiperson',
    namespace: 'bafyreiprofile',
    label: 'Ada',
    shortId: 'profile',
    isMe: false,
    static: {},
    dynamic: { links: {}, status: { text: 'reads', at: 0 } },
    isFollowed: false,
    isBlocked: false,
    hasProfile: true,
    at: 1000,
  })
  expect(json).toMatchObject({ at: '1970-01-01T00:00:01.000Z', dynamic: { status: { text: 'reads', at: '1970-01-01T00:00:00.000Z' } } })
})
