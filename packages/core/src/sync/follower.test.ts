import { expect, it } from 'vitest'
import { partsOfRange } from '../sets/part-spans.ts'
import type { Channel } from './channel.ts'
import { Follower } from './follower.ts'
import type { Request, Response } from './messages.ts'

const [first, last] = [partsOfRange(1, 0), partsOfRange(1, 1)]
const PATIENT = { timeout: 10_000 }

it('news of other parts than are followed by now are not taken, and those of the new ones are asked for from where these were compared', async () => {
  const asked: { readonly request: Request; readonly answer: (response: Response) => void }[] = []
  const ask = (request: Request): Promise<Response> => new Promise((answer) => asked.push({ request, answer }))
  const ended = new AbortController()
  const taken: number[] = []
  const follower = new Follower({
    openChannel: async () => ({ ask, close: () => undefined }) as unknown as Channel,
    theirEpoch: () => 'epoch',
    isSettling: () => true,
    onNews: async (_, __, seq) => {
      taken.push(seq)
      return true
    },
  })
  follower.follow('ns', 10, first)
  const running = follower.run(ended.signal)
  await expect.poll(() => asked.map(({ request }) => request), PATIENT).toMatchObject([{ wants: [{ ns: 'ns', since: 10, parts: first }] }])
  follower.follow('ns', 8, last)
  asked[0]?.answer({ t: 'news', ns: 'ns', batch: null, seq: 20, more: false })
  await expect.poll(() => asked[1]?.request, PATIENT).toMatchObject({ wants: [{ ns: 'ns', since: 8, parts: last }] })
  asked[1]?.answer({ t: 'news', ns: 'ns', batch: null, seq: 9, more: false })
  await expect.poll(() => asked[2]?.request, PATIENT).toMatchObject({ wants: [{ ns: 'ns', since: 9, parts: last }] })
  expect(taken).toEqual([9])
  ended.abort()
  asked[2]?.answer({ t: 'idle' })
  await running
})
