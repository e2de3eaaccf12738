/** What the adapters use of packages that bring no types. */

declare module 'corestore' {
  import type { Duplex } from 'node:stream'
  import type { Hypercore } from 'hyperbee'

  export default class Corestore {
    constructor(folder: string)
    ready(): Promise<void>
    get(core: { name: string } | { key: Buffer }): Hypercore
    replicate(isInitiator: boolean): Duplex & { readonly noiseStream: { readonly opened: Promise<boolean> } }
    close(): Promise<void>
  }
}

declare module 'hyperbee' {
  import type { EventEmitter } from 'node:events'

  export interface Hypercore extends EventEmitter {
    readonly key: Buffer
    readonly length: number
    readonly contiguousLength: number
    download(range: { start: number; end: number }): unknown
  }
  export interface Entry {
    readonly key: string
    readonly value: unknown
  }
  export interface Batch {
    put(key: string, value: unknown): Promise<void>
    flush(): Promise<void>
  }
  export default class Hyperbee {
    readonly core: Hypercore
    constructor(core: Hypercore, options: { keyEncoding: string; valueEncoding: string })
    ready(): Promise<void>
    put(key: string, value: unknown): Promise<void>
    get(key: string): Promise<Entry | null>
    batch(): Batch
    createReadStream(range: { gt: string; lt: string; limit?: number }): AsyncIterable<Entry>
    createHistoryStream(range: { gte: number; lt: number }): AsyncIterable<Entry>
  }
}

declare module '@orbitdb/core' {
  import type { EventEmitter } from 'node:events'

  export interface Documents {
    readonly address: unknown
    readonly events: EventEmitter
    readonly log: { heads(): Promise<readonly { readonly clock: { readonly time: number } }[]> }
    put(document: object): Promise<string>
    get(id: string): Promise<unknown>
    query<T>(matches: (document: T) => boolean): Promise<T[]>
    close(): Promise<void>
  }
  export function createOrbitDB(init: { ipfs: unknown; directory: string }): Promise<{
    open(address: string, options: { type: string; AccessController: unknown }): Promise<Documents>
    stop(): Promise<void>
  }>
  export function IPFSAccessController(options: { write: readonly string[] }): unknown
}

declare module 'pouchdb' {
  import type { EventEmitter } from 'node:events'

  type Selector = Readonly<Record<string, unknown>>
  export default class PouchDB {
    static plugin(plugin: unknown): void
    static defaults(options: { prefix: string }): typeof PouchDB
    constructor(name: string)
    readonly replicate: { from(source: PouchDB, options: { live: boolean; retry: boolean }): EventEmitter }
    info(): Promise<{ readonly doc_count: number }>
    put(document: object): Promise<unknown>
    bulkDocs(documents: readonly object[]): Promise<unknown>
    get(id: string): Promise<unknown>
    changes(options: { since: string; live: boolean }): EventEmitter
    createIndex(index: { index: { fields: readonly string[] } }): Promise<unknown>
    find(query: { selector: Selector; sort?: readonly string[]; limit?: number }): Promise<{ readonly docs: readonly unknown[] }>
    close(): Promise<void>
  }
}

declare module 'pouchdb-find' {
  const plugin: unknown
  export default plugin
}

declare module 'express' {
  import type { Server } from 'node:http'

  interface App {
    use(handler: unknown): App
    listen(port: number, host: string): Server
  }
  export default function express(): App
}

declare module 'express-pouchdb' {
  import type PouchDB from 'pouchdb'

  export default function expressPouchDB(database: typeof PouchDB, options: { mode: string; inMemoryConfig: boolean }): unknown
}
