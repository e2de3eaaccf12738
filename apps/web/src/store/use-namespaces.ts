import { type Docstore, type NamespaceInfo, PROFILE_KIND } from 'p2p-docstore'
import { useCallback, useMemo } from 'react'
import { rememberedNamespaces } from './remembered.ts'
import { type Live, useLive } from './use-live.ts'

/** A namespace as the list shows it; without `info` it was asked for and has not arrived. */
export interface ListedNamespace {
  readonly id: string
  readonly info: NamespaceInfo | undefined
  readonly documents: number
}

/** Names that several namespaces have, which only their ids tell apart. */
export function repeatedNames(namespaces: readonly ListedNamespace[]): ReadonlySet<string> {
  const names = namespaces.flatMap(({ info }) => info?.name ?? [])
  return new Set(names.filter((name, i) => names.indexOf(name) !== i))
}

/** Counting takes the database's time, so that the list lags a little, milliseconds. */
const PAUSE_MS = 700

/** All namespaces that are here or on their way, by name, with the number of their documents. */
export function useNamespaces(store: Docstore): Live<readonly ListedNamespace[]> {
  const counts = useMemo(() => new Counts(store), [store])
  const load = useCallback(async () => {
    const [all, awaited] = await Promise.all([store.namespaces.list(), store.namespaces.awaited()])
    const here = new Set(all.map(({ id }) => id))
    // Profiles have a panel of their own.
    const infos = all.filter(({ kind }) => kind !== PROFILE_KIND)
    const missing = [...new Set([...rememberedNamespaces(store.info.network.id), ...awaited])].filter((id) => !here.has(id))
    const listed = await Promise.all(infos.map(async (info) => ({ id: info.id, info, documents: await counts.of(info.id) })))
    listed.sort((a, b) => a.info.name.localeCompare(b.info.name) || (a.id < b.id ? -1 : 1))
    return [...listed, ...missing.map((id) => ({ id, info: undefined, documents: 0 }))]
  }, [store, counts])
  const subscribe = useCallback(
    (nudge: () => void) => {
      const unlisten = store.replica.onCommit(({ namespace }) => {
        counts.changed(namespace)
        nudge()
      })
      // What is opened by id appears in the list before it arrives.
      const unlistenSync = store.on('sync', nudge)
      return () => {
        unlisten()
        unlistenSync()
      }
    },
    [store, counts],
  )
  return useLive(load, subscribe, PAUSE_MS)
}

/** Numbers of documents, counted again only after a commit. */
class Counts {
  readonly #store: Docstore
  readonly #known = new Map<string, number>()
  readonly #changed = new Set<string>()

  constructor(store: Docstore) {
    this.#store = store
  }

  changed(id: string): void {
    this.#changed.add(id)
  }

  async of(id: string): Promise<number> {
    // Taken away before counting: a commit that comes meanwhile asks for another count.
    const isChanged = this.#changed.delete(id)
    const known = this.#known.get(id)
    if (known !== undefined && !isChanged) return known
    const { documents } = await this.#store.replica.summary(id)
    this.#known.set(id, documents)
    return documents
  }
}
