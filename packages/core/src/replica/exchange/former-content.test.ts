import { expect, it } from 'vitest'
import { canonicalJson } from '../../model/content.ts'
import { createNetwork } from '../../model/network/network.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'

const network = createNetwork('forms')
const FORMER = '{"_id":"a","n":100000000000000000000,"😀":1,"\ue000":2}'

async function passAll(from: LocalReplica, to: LocalReplica, ns: string): Promise<readonly string[]> {
  const { batch } = await from.batchSince(ns, 0, { maxBytes: 100_000 })
  const accepted = batch === undefined ? undefined : await to.accept(ns, batch)
  if (accepted === undefined || 'refused' in accepted) throw new Error('nothing was accepted')
  return accepted.results
}

it('a document that an earlier version signed reaches other peers with the bytes and the CID it has, until it is written again', async () => {
  const open = (): Promise<LocalReplica> => openReplica(openNodeStorage(':memory:'), { network: network.bytes, aside: false })
  const [earlier, today] = [await open(), await open()]
  const ns = (await earlier.createNamespace({ name: 'notes', write: 'anyone' })).id
  const namespace = await earlier.exportNamespace(ns)
  if (namespace === undefined) throw new Error('no namespace')
  await today.importNamespace(namespace.genesis, namespace.head, namespace.signature)

  // A replica takes the text as it is given; an earlier version gave it this one.
  await earlier.write(ns, 'docs', [{ id: 'a', content: FORMER }])
  expect(await passAll(earlier, today, ns)).toEqual(['stored'])
  expect(await today.get(ns, 'docs', 'a')).toBe(FORMER)
  expect((await today.summary(ns)).root).toBe((await earlier.summary(ns)).root)

  const again = canonicalJson(JSON.parse(FORMER))
  await today.write(ns, 'docs', [{ id: 'a', content: again }])
  expect(again).not.toBe(FORMER)
  expect(await passAll(today, earlier, ns)).toEqual(['stored'])
  expect(await earlier.get(ns, 'docs', 'a')).toBe(again)
  await Promise.all([earlier.close(), today.close()])
})
