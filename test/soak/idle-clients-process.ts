import { createDocstore, type Docstore } from 'p2p-docstore'

// Clients of a relay that greet it, follow one namespace and do nothing, in a process of their own. Arguments: the join link, the namespace.
// The parent says how many are to be there, and is told when they are in touch with the relay, or gone.

const [, , join = '', ns = ''] = process.argv
/** Clients that come at a time, and how long each may take, milliseconds. */
const AT_ONCE = 4
const JOIN_MS = 120_000

const stores: Docstore[] = []

async function come(): Promise<void> {
  const store = await createDocstore({ data: 'memory', join })
  stores.push(store)
  const namespace = await store.namespaces.open(ns)
  // Where the machine is busy a connection may end on the way; the client comes again by itself.
  for (const until = Date.now() + JOIN_MS; ; )
    try {
      await namespace.sync({ timeoutMs: JOIN_MS })
      return
    } catch (error) {
      if (Date.now() > until) throw error
    }
}

async function setCount(count: number): Promise<void> {
  let coming = count - stores.length
  const line = async (): Promise<void> => {
    while (coming-- > 0) await come()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, line))
  await Promise.all(stores.splice(count).map((store) => store.close()))
}

process.on('message', (count: number) => {
  setCount(count).then(
    () => process.send?.({ count: stores.length }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : 'failed' }),
  )
})
process.on('disconnect', () => process.exit(0))
