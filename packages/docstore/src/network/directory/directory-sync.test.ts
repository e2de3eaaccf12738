import { createNetwork, Ledger } from '@p2p-docstore/core'
import { describe, expect, it, vi } from 'vitest'
import { DescribedPeer } from '../testing/described-peer.ts'
import type { DirectoryExchange } from './directory-protocol.ts'
import { Directory } from './directory.ts'
import { DirectoryResponder } from './directory-responder.ts'
import { compareDirectories } from './directory-sync.ts'
import { MAX_PEERS } from './limits.ts'
import { decodeDirectoryResponse, type DirectoryRequest, type DirectoryResponse, encodeMessage } from './messages.ts'

const network = createNetwork('comparing')
const misdeeds: string[] = []
const ASKER = { peer: 'answerer', onMisdeed: (misdeed: string) => misdeeds.push(misdeed) }

function open(max = MAX_PEERS): Directory {
  return new Directory({ network, isConnected: () => false, max })
}

async function fill(directory: Directory, entries: readonly ReturnType<DescribedPeer['entry']>[]): Promise<void> {
  for (const entry of entries) await directory.add(entry, 'before')
}

/** The asking side of a stream to this directory, and how many requests went over it. */
function exchangeWith(directory: Directory, ledger = new Ledger()) {
  const responder = new DirectoryResponder({ directory, ledger, peer: 'asker', onMisdeed: (misdeed) => misdeeds.push(misdeed) })
  const count = { requests: 0, bytes: 0 }
  const request = async <T extends DirectoryResponse['t']>(message: DirectoryRequest, t: T) => {
    const asked = encodeMessage(message)
    const { frame } = await responder.respond(asked, new AbortController().signal)
    count.requests++
    count.bytes += asked.length + frame.length
    const response = decodeDirectoryResponse(frame)
    if (!response.ok || response.value.t !== t) throw new Error(`no ${t}`)
    return response.value as Extract<DirectoryResponse, { readonly t: T }>
  }
  const exchange: Pick<DirectoryExchange, 'ask' | 'fetch' | 'put'> = {
    ask: async (question) => (await request({ t: 'ask', question }, 'reply')).reply,
    fetch: (slots) => request({ t: 'fetch', slots }, 'entries'),
    put: async (entries) => (await request({ t: 'put', entries }, 'ok')).kept,
  }
  return { exchange, count }
}

describe('comparing directories', () => {
  it('takes one small request where they are equal', async () => {
    const [mine, theirs] = [open(), open()]
    const all = Array.from({ length: 100 }, () => new DescribedPeer(network).entry())
    await fill(mine, all)
    await fill(theirs, all.toReversed())
    const { exchange, count } = exchangeWith(theirs)
    expect(await compareDirectories(mine, exchange, ASKER)).toBe(false)
    expect(count.requests).toBe(1)
    expect(count.bytes).toBeLessThan(100)
  })

  it('makes them equal, whatever each side has that the other does not, and takes the newer of each', async () => {
    const [mine, theirs] = [open(), open()]
    const now = Date.now()
    const changed = Array.from({ length: 50 }, () => new DescribedPeer(network))
    await fill(mine, [
      ...changed.map((peer, i) => peer.entry({ at: now + (i % 2) })),
      ...Array.from({ length: 400 }, () => new DescribedPeer(network).entry()),
    ])
    await fill(theirs, [
      ...changed.map((peer, i) => peer.entry({ at: now + 1 - (i % 2) })),
      ...Array.from({ length: 300 }, () => new DescribedPeer(network).entry()),
    ])
    expect(await compareDirectories(mine, exchangeWith(theirs).exchange, ASKER)).toBe(true)
    expect(mine.tree.root()).toBe(theirs.tree.root())
    expect(mine.peers().length).toBe(750)
    for (const peer of changed) expect(mine.peer(peer.id)?.at).toBe(now + 1)
  })

  it('fills an empty directory from a full one in a few requests', async () => {
    const [mine, theirs] = [open(), open()]
    await fill(
      theirs,
      Array.from({ length: MAX_PEERS }, () => new DescribedPeer(network).entry({ services: ['relay'] })),
    )
    const { exchange, count } = exchangeWith(theirs)
    await compareDirectories(mine, exchange, ASKER)
    expect(mine.tree.root()).toBe(theirs.tree.root())
    expect(count.requests).toBeLessThan(20)
  })

  it('does not go on with one that is full, nor take more than it has room for', async () => {
    const room = 512
    const [mine, theirs] = [open(room), open(room)]
    const fakes = () => Array.from({ length: room }, () => new DescribedPeer(network).entry({ services: ['relay'] }))
    await fill(mine, fakes())
    await fill(theirs, fakes())
    const { exchange, count } = exchangeWith(theirs)
    await compareDirectories(mine, exchange, ASKER)
    expect(mine.peers().length).toBe(room)
    expect(theirs.peers().length).toBe(room)
    expect(count.requests).toBeLessThan(50)
  })

  it('lets those wait who bring the same again and again', async () => {
    const mine = open()
    const entries = Array.from({ length: 200 }, () => new DescribedPeer(network).entry())
    await fill(mine, entries)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const { exchange } = exchangeWith(mine)
      for (let i = 0; i < 20; i++) expect(await exchange.put(entries)).toBe(200)
      const late = exchange.put(entries)
      await expect.poll(() => vi.getTimerCount()).toBeGreaterThan(0)
      vi.advanceTimersToNextTimer()
      expect(await late).toBe(200)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('ends with an answerer that makes things up', async () => {
    const [mine, theirs] = [open(), open()]
    await fill(theirs, [new DescribedPeer(network).entry()])
    const { exchange } = exchangeWith(theirs)
    const stranger = new DescribedPeer(network).entry()
    await expect(compareDirectories(mine, { ...exchange, ask: async () => new Uint8Array(9) }, ASKER)).rejects.toMatchObject({ code: 'bad-response' })
    await expect(compareDirectories(mine, { ...exchange, fetch: async () => ({ entries: [], taken: 0 }) }, ASKER)).rejects.toMatchObject({
      code: 'bad-response',
    })
    await expect(
      compareDirectories(mine, { ...exchange, fetch: async () => ({ entries: [stranger, stranger], taken: 1 }) }, ASKER),
    ).rejects.toMatchObject({ code: 'bad-response' })
    expect(mine.tree.size).toBe(0)
  })
})
