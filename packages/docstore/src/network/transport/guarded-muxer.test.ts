import { multiaddrConnectionPair } from '@libp2p/utils'
import { expect, it } from 'vitest'
import { guardedYamux } from './guarded-muxer.ts'

it('a stream on a connection that is just closing ends by itself, and takes nothing with it', async () => {
  const [connection] = multiaddrConnectionPair()
  const muxer = guardedYamux({ enableKeepAlive: false })().createStreamMuxer(connection)
  // As it is between the end of what a relayed connection goes through and the news of that.
  Object.assign(connection, { writeStatus: 'closing' })
  const stream = await muxer.createStream()
  await expect.poll(() => stream.status).toBe('aborted')
  expect(() => stream.send(Uint8Array.of(1))).toThrow('Cannot write')
  expect(muxer.streams).toEqual([])
})

it('streams carry what they carried', async () => {
  const [one, other] = multiaddrConnectionPair()
  const [local, remote] = [one, other].map((connection) => guardedYamux({ enableKeepAlive: false })().createStreamMuxer(connection))
  const heard: number[] = []
  remote?.addEventListener('stream', ({ detail }) => detail.addEventListener('message', ({ data }) => heard.push(...data.subarray())))
  const stream = await local?.createStream()
  stream?.send(Uint8Array.of(1, 2))
  await expect.poll(() => heard).toEqual([1, 2])
})
