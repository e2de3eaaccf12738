import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { utf8 } from '@p2p-docstore/core'
import { WAYS } from './known-relays.ts'
import { RelayWays } from './relay-ways.ts'

/** Small values in memory, and how often one was written. */
function meta() {
  const values = new Map<string, Uint8Array>()
  let writes = 0
  return {
    writes: () => writes,
    getMeta: async (key: string) => values.get(key),
    setMeta: async (key: string, value: Uint8Array | undefined) => {
      writes++
      if (value === undefined) values.delete(key)
      else values.set(key, value)
    },
  }
}

const way = (n: number): string => `/ip4/10.0.0.${n}/tcp/8080/ws`

describe('how relays were reached', () => {
  it('is kept with the data, for those that were reached last, and written only where it changed', async () => {
    const replica = meta()
    const ways = new RelayWays(replica)
    for (let n = 0; n < 40; n++) await ways.worked(`relay ${n}`, multiaddr(way(n)))
    expect(replica.writes()).toBe(40)
    await ways.worked('relay 39', multiaddr(`${way(39)}/p2p/12D3KooWGVs6JnVZAbCEeMtfLnDMvKmuBh91ZuAtCVK9sWMWzE7o`))
    expect(replica.writes()).toBe(40)
    const later = new RelayWays(replica)
    expect(await later.last('relay 7')).toBeUndefined()
    expect(await later.last('relay 8')).toBe(way(8))
    expect(await later.last('relay 39')).toBe(way(39))
    await replica.setMeta(WAYS, undefined)
    expect(await new RelayWays(replica).last('relay 39')).toBeUndefined()
  })

  it('keeps nobody from dialling where it cannot be read: some of it, all of it, or only once', async () => {
    const stored = meta()
    const put = (text: string): Promise<void> => stored.setMeta(WAYS, utf8(text))
    await put(JSON.stringify([['a', '/unheard-of/1'], ['b', way(1)], 'c', ['d', 4]]))
    const ways = new RelayWays(stored)
    expect(await Promise.all(['a', 'b', 'c', 'd'].map((relay) => ways.last(relay)))).toEqual([undefined, way(1), undefined, undefined])
    for (const text of ['[["a"', 'null', '{}']) {
      await put(text)
      expect(await new RelayWays(stored).last('a')).toBeUndefined()
    }
    await put(JSON.stringify([['b', way(1)]]))
    let isBroken = true
    const broken = { ...stored, getMeta: async (key: string) => (isBroken ? Promise.reject(new Error('not now')) : stored.getMeta(key)) }
    const later = new RelayWays(broken)
    await expect(later.last('b')).rejects.toThrow('not now')
    isBroken = false
    expect(await later.last('b')).toBe(way(1))
  })
})
