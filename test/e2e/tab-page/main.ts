import { createDocstore, type Docstore, type Message, type Namespace, type PeerStatus } from 'p2p-docstore'

/** What the page notes for the test. Times are Unix milliseconds. */
interface Notes {
  readonly owners: { readonly at: number; readonly isOwner: boolean }[]
  readonly changes: string[]
  readonly written: string[]
  readonly messages: string[]
  readonly errors: string[]
}

/** The store of this tab, and what the test does with it. */
export interface TabApi extends Notes {
  isOwner(): boolean
  namespace(id?: string): Promise<string>
  ids(): Promise<readonly string[]>
  put(id: string): Promise<void>
  startWriting(name: string): void
  stopWriting(): Promise<void>
  position(): Promise<number>
  root(): Promise<string>
  listen(topic: string): void
  publish(topic: string, text: string): Promise<number>
  peers(): Promise<readonly PeerStatus[]>
}

declare global {
  interface Window {
    openTab: (join: string) => Promise<void>
    tab: TabApi
  }
}

function tabApi(store: Docstore): TabApi {
  const notes: Notes = { owners: [], changes: [], written: [], messages: [], errors: [] }
  const fail = (error: unknown): void => void notes.errors.push(String(error))
  store.on('owner', (isOwner) => notes.owners.push({ at: Date.now(), isOwner }))
  let namespace: Namespace | undefined
  const opened = (): Namespace => {
    if (namespace === undefined) throw new Error('No namespace is open')
    return namespace
  }
  let stopped = new AbortController()
  let writing: Promise<void> | undefined
  return {
    ...notes,
    isOwner: () => store.isOwner,
    namespace: async (id) => {
      namespace = id === undefined ? await store.namespaces.create({ name: 'tabs', write: 'anyone' }) : await store.namespaces.open(id)
      const follow = async (): Promise<void> => {
        for await (const { _id } of opened().changes({ since: 0 })) notes.changes.push(_id)
      }
      follow().catch(fail)
      return opened().id
    },
    ids: async () => (await opened().find().toArray()).map(({ _id }) => _id),
    put: async (id) => void (await opened().put({ _id: id })),
    startWriting: (name) => {
      stopped = new AbortController()
      const write = async ({ signal }: AbortController): Promise<void> => {
        for (let i = 0; !signal.aborted; i++) {
          const id = `${name}/${i}`
          await opened().put({ _id: id })
          notes.written.push(id)
        }
      }
      writing = write(stopped).catch(fail)
    },
    stopWriting: async () => {
      stopped.abort()
      await writing
    },
    position: () => store.replica.lastSeq(opened().id),
    root: async () => (await opened().status()).root,
    listen: (topic) => {
      const follow = async (): Promise<void> => {
        for await (const { text } of store.subscribe(topic) satisfies AsyncIterable<Message>) notes.messages.push(text)
      }
      follow().catch(fail)
    },
    publish: async (topic, text) => (await store.publish(topic, text)).recipients,
    peers: () => store.peers(),
  }
}

window.openTab = async (join) => {
  window.tab = tabApi(await createDocstore({ join }))
}
