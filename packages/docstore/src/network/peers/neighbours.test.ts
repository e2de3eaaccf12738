import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it } from 'vitest'
import { createDocstore, type Docstore, type Namespace } from '../../index-node.ts'

const stores: Docstore[] = []
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
})

/** Peers of one network, each of which can be dialled. There is no relay. */
async function peers(count: number): Promise<Docstore[]> {
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const first = await createDocstore({ data: 'memory', listen })
  stores.push(first)
  const { descriptor } = first.info.network
  while (stores.length < count) stores.push(await createDocstore({ data: 'memory', listen, descriptor }))
  return [...stores]
}

async function dial(from: Docstore, to: Docstore): Promise<void> {
  await from.libp2p?.dial(((await to.network?.addresses()) ?? []).map((address) => multiaddr(address)))
}

/** Resolves when the document is here. */
async function until(namespace: Namespace, id: string): Promise<void> {
  const stop = new AbortController()
  for await (const { documents } of namespace.watch({ _id: id }, { signal: stop.signal })) if (documents.length === 1) stop.abort()
}

describe('peers without a relay', () => {
  it('pass documents along a line in which the ends do not know each other, in both directions', async () => {
    const [a, b, c] = await peers(3)
    if (a === undefined || b === undefined || c === undefined) throw new Error('three peers')
    const ofA = await a.namespaces.create({ name: 'notes', write: 'anyone' })
    const ofB = await b.namespaces.open(ofA.id)
    const ofC = await c.namespaces.open(ofA.id)
    await dial(a, b)
    await dial(c, b)
    await ofA.put({ _id: 'from a' })
    await Promise.all([until(ofB, 'from a'), until(ofC, 'from a')])
    await ofC.put({ _id: 'from c' })
    await Promise.all([until(ofA, 'from c'), until(ofB, 'from c')])
    const roots = await Promise.all([ofA, ofB, ofC].map(async (namespace) => (await namespace.status()).root))
    expect(new Set(roots).size).toBe(1)
    // Each record was sent to each of the others once, and never back.
    const counts = async (namespace: Namespace): Promise<unknown> =>
      (await namespace.status()).peers.map(({ received, sent }) => ({ received, sent }))
    expect(await counts(ofA)).toEqual([{ received: 1, sent: 1 }])
    expect(await counts(ofC)).toEqual([{ received: 1, sent: 1 }])
  })

  it('leave each other alone with what their users did not open', async () => {
    const [a, b] = await peers(2)
    if (a === undefined || b === undefined) throw new Error('two peers')
    const unwanted = await a.namespaces.create({ name: 'unwanted', write: 'anyone' })
    await unwanted.put({ _id: 'one' })
    await dial(a, b)
    await expect.poll(async () => (await unwanted.status()).peers.map(({ state }) => state)).toEqual(['declined'])
    expect(await b.namespaces.list()).toEqual([])
    // Once its user opens it, it comes.
    const wanted = await b.namespaces.open(unwanted.id)
    await unwanted.sync()
    await until(wanted, 'one')
  })
})
