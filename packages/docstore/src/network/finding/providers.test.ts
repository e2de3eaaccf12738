import { describe, expect, it } from 'vitest'
import type { Kademlia } from './kademlia-protocol.ts'
import { Providers } from './providers.ts'

/** Resolves when the signal aborts. */
const untilAborted = (signal: AbortSignal): Promise<void> => new Promise((resolve) => signal.addEventListener('abort', () => resolve()))

/** Kademlia as these tests need it. */
class TestKademlia implements Kademlia {
  size = 1
  told: string[] = []
  searches: string[] = []
  onTold: () => void = () => undefined
  find: Kademlia['find']
  #isReached: (ns: string) => boolean

  constructor(find: Kademlia['find'] = async () => [], isReached: (ns: string) => boolean = () => true) {
    this.find = (ns, signal) => {
      this.searches.push(ns)
      return find(ns, signal)
    }
    this.#isReached = isReached
  }

  guide(): void {
    // Whom it dials does not matter here.
  }

  async provide(ns: string): Promise<number> {
    this.told.push(ns)
    this.onTold()
    return this.#isReached(ns) ? 1 : 0
  }

  /** Resolves when it was told so often. */
  async untilTold(count: number): Promise<void> {
    while (this.told.length < count) await new Promise<void>((resolve) => (this.onTold = resolve))
  }
}

const signal = new AbortController().signal

describe('finding who keeps a namespace', () => {
  it('hears everyone for a moment once one has named somebody, then ends what still runs', async () => {
    let isEnded = false
    const silent = new TestKademlia(async (_, abort) => {
      await untilAborted(abort)
      isEnded = true
      return ['z']
    })
    const late = new Promise<readonly string[]>((resolve) => setTimeout(() => resolve(['b']), 50))
    const providers = new Providers({ own: 'me', kademlia: silent, askRelays: () => [Promise.resolve(['a', 'me']), late] })
    expect((await providers.find('ns', signal)).toSorted()).toEqual(['a', 'b', 'z'])
    expect(isEnded).toBe(true)
  })

  it('takes a few from each relay, in turn', async () => {
    const many = Array.from({ length: 16 }, (_, n) => `many-${n}`)
    const providers = new Providers({ own: 'me', kademlia: undefined, askRelays: () => [many, ['a'], ['b']].map(async (one) => one) })
    const found = await providers.find('ns', signal)
    expect(found).toHaveLength(6)
    expect(found.slice(0, 3)).toEqual(expect.arrayContaining(['a', 'b']))
  })

  it('waits for the other where one knows of nobody or fails, and says what failed', async () => {
    const errors: string[] = []
    const init = { own: 'me', onError: (message: string) => errors.push(message) }
    const kademlia = new TestKademlia(async () => ['b'])
    expect(await new Providers({ ...init, kademlia, askRelays: () => [Promise.resolve(['me'])] }).find('ns', signal)).toEqual(['b'])
    const failing = (): Promise<never>[] => [Promise.reject(new Error('out of order'))]
    expect(await new Providers({ ...init, kademlia, askRelays: failing }).find('ns', signal)).toEqual(['b'])
    expect(await new Providers({ ...init, kademlia: undefined, askRelays: failing }).find('ns', signal)).toEqual([])
    expect(errors).toHaveLength(2)
    expect(errors[0]).toContain('out of order')
  })
})

describe('a relay that is asked', () => {
  it('names itself where it keeps the namespace, and whom it finds; it remembers that for a while', async () => {
    const kademlia = new TestKademlia(async () => ['b'])
    const providers = new Providers({ own: 'me', kademlia, askRelays: () => [] })
    expect(await providers.answer('ns', 'asker')).toEqual(['b'])
    providers.keep('ns')
    expect(await providers.answer('ns', 'asker')).toEqual(['me', 'b'])
    expect(kademlia.searches).toEqual(['ns'])
    await providers.stop()
  })

  it('makes a bounded number of searches for others at once, two for one of them', async () => {
    const kademlia = new TestKademlia(async (_, abort) => untilAborted(abort).then(() => []))
    const providers = new Providers({ own: 'me', kademlia, askRelays: () => [] })
    const greedy = Array.from({ length: 100 }, (_, n) => providers.answer(`ns-${n}`, 'greedy'))
    expect(kademlia.searches).toHaveLength(2)
    const answers = [...greedy, ...Array.from({ length: 100 }, (_, n) => providers.answer(`other-${n}`, `asker-${n}`))]
    expect(kademlia.searches).toHaveLength(8)
    await providers.stop()
    expect(await Promise.all(answers)).toEqual(answers.map(() => []))
  })

  it('tells others what it keeps, once, and again what reached nobody', async () => {
    let isReached = false
    const kademlia = new TestKademlia(undefined, (ns) => ns !== 'b' || isReached)
    const providers = new Providers({ own: 'me', kademlia, askRelays: () => [] })
    for (const ns of ['a', 'b', 'a']) providers.keep(ns)
    await kademlia.untilTold(2)
    expect(kademlia.told.toSorted()).toEqual(['a', 'b'])
    isReached = true
    providers.keep('c')
    await kademlia.untilTold(4)
    expect(kademlia.told.slice(2).toSorted()).toEqual(['b', 'c'])
    await providers.stop()
  })

  it('tells nothing for as long as others need not be told, then all of it', async () => {
    let tells = false
    const kademlia = new TestKademlia()
    const providers = new Providers({ own: 'me', kademlia, askRelays: () => [], tells: () => tells })
    providers.keep('a')
    expect(await providers.answer('a', 'asker')).toEqual(['me'])
    expect(kademlia.told).toEqual([])
    tells = true
    providers.keep('b')
    await kademlia.untilTold(2)
    expect(kademlia.told.toSorted()).toEqual(['a', 'b'])
    await providers.stop()
  })

  it('tells all of it again when there are more than twice as many relays', async () => {
    const kademlia = new TestKademlia()
    const providers = new Providers({ own: 'me', kademlia, askRelays: () => [] })
    providers.keep('a')
    await kademlia.untilTold(1)
    kademlia.size = 3
    providers.keep('b')
    await kademlia.untilTold(3)
    expect(kademlia.told.slice(1).toSorted()).toEqual(['a', 'b'])
    await providers.stop()
  })
})
