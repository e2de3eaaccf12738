import { createDocstore, type Docstore } from 'p2p-docstore'

// Clients of a relay in a process of their own, each with some of the namespaces. The parent says which, and is told when all are equal with the relay.

/** What the parent asks for. */
interface Wanted {
  readonly link: string
  readonly namespaces: readonly string[]
  readonly each: number
}

/** Clients that come at a time, and how long each may take, milliseconds. */
const AT_ONCE = 8
const JOIN_MS = 600_000

/** They stay until the process ends. */
const stores: Docstore[] = []

async function come(link: string, ids: readonly string[]): Promise<void> {
  const store = await createDocstore({ data: 'memory', join: link, network: 'on' })
  stores.push(store)
  await store.network?.connected({ timeoutMs: JOIN_MS })
  for (const id of ids) await (await store.namespaces.open(id)).ready({ timeoutMs: JOIN_MS })
}

process.once('message', ({ link, namespaces, each }: Wanted) => {
  const parts = Array.from({ length: namespaces.length / each }, (_, n) => namespaces.slice(n * each, (n + 1) * each))
  const line = async (): Promise<void> => {
    for (let ids = parts.shift(); ids !== undefined; ids = parts.shift()) await come(link, ids)
  }
  Promise.all(Array.from({ length: AT_ONCE }, line)).then(
    () => process.send?.({ count: stores.length }),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))
