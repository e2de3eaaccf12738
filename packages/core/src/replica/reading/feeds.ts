import { readDocumentFilter } from '../../query/index.ts'
import type { Storage, StoredRecord } from '../../storage/storage.ts'
import { isShown } from '../../storage/records/own-content.ts'
import { checkCollection } from '../check-collection.ts'
import type { Namespaces } from '../namespaces.ts'
import type { Expiry } from '../writing/expiry.ts'
import type { ChangeRow, FeedPage, FeedRequest, ReplicaFeeds } from '../types.ts'
import { boundedPage } from './bounded-page.ts'
import { changeOf } from './change-row.ts'
import { checkLimit } from './check-limit.ts'
import { feedRows } from './feed-rows.ts'

/** Reads the local order of changes: all of them, or what happens to the documents that match a filter. */
export class Feeds implements ReplicaFeeds {
  readonly #storage: Storage
  readonly #namespaces: Namespaces
  readonly #expiry: Expiry

  constructor(storage: Storage, namespaces: Namespaces, expiry: Expiry) {
    this.#expiry = expiry
    this.#storage = storage
    this.#namespaces = namespaces
  }

  async changes(id: string, since: number, limit: number): Promise<readonly ChangeRow[]> {
    checkLimit(limit)
    if (this.#expiry.isDue) await this.#expiry.sweep()
    const open = this.#namespaces.get(id)
    if (open === undefined) return []
    for (let after = since; ; ) {
      const records = await boundedPage<StoredRecord>(
        limit,
        (some, last) => this.#storage.recordsSince(open.ns, last?.seq ?? after, some),
        (record) => record,
      )
      const changes = records.filter(isShown).map(changeOf)
      const last = records.at(-1)
      // None are given at the end only.
      if (last === undefined || changes.length > 0) return changes
      after = last.seq
    }
  }

  async openFeed(id: string, { collection, filter }: FeedRequest, since?: number): Promise<{ feed: string | undefined; seq: number }> {
    checkCollection(collection)
    const open = this.#namespaces.get(id)
    // At once: the call is the beginning, however long it takes to read the filter.
    const opening = open === undefined ? { feed: undefined, seq: since ?? 0 } : this.#storage.openFeed(open.ns, since)
    const [checked, opened] = await Promise.allSettled([readDocumentFilter(filter), opening])
    if (opened.status === 'rejected') throw opened.reason
    if (checked.status === 'fulfilled') return opened.value
    if (opened.value.feed !== undefined) await this.#storage.endReading(opened.value.feed)
    throw checked.reason
  }

  async readFeed(feed: string, { collection, filter }: FeedRequest, limit: number): Promise<FeedPage> {
    checkLimit(limit)
    if (this.#expiry.isDue) await this.#expiry.sweep()
    const parsedFilter = await readDocumentFilter(filter)
    const records = await boundedPage(
      limit,
      (some) => this.#storage.readFeed(feed, some),
      ({ record }) => record,
    )
    return { rows: feedRows(records, collection, parsedFilter), seq: records.at(-1)?.record.seq }
  }
}
