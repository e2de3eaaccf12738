import { type CollectionCount, type CollectionsSettings, DocstoreError, type HistorySize } from '@p2p-docstore/core'
import { decode } from '@ipld/dag-cbor'
import { splitFor } from '@p2p-docstore/core/placement'
import { Command } from 'commander'
import type { Docstore, Namespace } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { headOf } from '../head.ts'
import { openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { byteText } from '../output/byte-text.ts'
import { readable } from '../output/readable.ts'
import { textTable } from '../output/text-table.ts'

/** `docstore namespace show NS` */
export function namespaceShowCommand(run: Run): Command {
  return new Command('show')
    .description('show genesis, head and counts of a namespace')
    .argument('<ns>', 'id or name')
    .action((ns: string) =>
      run(async (context) => {
        await using store = await openStore(context)
        const shown = await describe(store, await openToRead(context, store, ns))
        await context.output.result(shown, () => {
          const rows = [
            ['id', shown.id],
            ['name', shown.name],
            ...(shown.description === undefined ? [] : [['description', shown.description]]),
            ...(shown.ended === undefined ? [] : [['ended', shown.ended]]),
            ...(shown.next === undefined ? [] : [['next', shown.next]]),
            ['owner', shown.owner],
            ['write', shown.write],
            ...(shown.listed === true ? [['listed', 'relays name it to everyone in the network']] : []),
            ...Object.entries(shown.conflict ?? {}).map(([field, value]) => [
              'conflict',
              `another device of yours has set its ${field}; this one had ${JSON.stringify(value)}`,
            ]),
            ['created', shown.createdAt],
            ['root', shown.root],
            ['documents', String(shown.documents)],
            ['records', String(shown.records)],
            ['history', historyText(shown)],
            ...(shown.split === undefined ? [] : [['split', `in ${shown.split} parts`]]),
            ...(shown.advice === undefined ? [] : [['advice', shown.advice]]),
            ...shown.collections.map(({ collection, documents, type }) => [
              'collection',
              `${collection}: ${documents}${type === undefined ? '' : ` (${type})`}`,
            ]),
          ]
          return textTable(rows)
        })
      }),
    )
}

/** How long earlier versions are kept, and what there is of them. */
function historyText({ history, past: { versions, bytes } }: { readonly history?: number; readonly past: HistorySize }): string {
  const days = history === undefined ? '30 days, not at relays' : `${history} days`
  return versions === 0 ? days : `${days}; ${versions} changes here, ${byteText(bytes)}`
}

async function describe(store: Docstore, { id }: Namespace) {
  const { replica } = store
  const [info, bytes] = [await replica.namespace(id), await replica.exportNamespace(id)]
  if (info === undefined || bytes === undefined) throw new DocstoreError('unknown-namespace', `The namespace ${id} is not here`)
  const { root, count, documents, collections } = await replica.overview(id)
  const split = splitFor(count, Math.log2(info.split ?? 1))
  const isTooLarge = 2 ** split > (info.split ?? 1)
  return {
    ...info,
    ...(isTooLarge ? { advice: `its parts are large: split it with docstore namespace set ${id} split ${2 ** split}` } : {}),
    root,
    records: count,
    documents,
    collections: typed(collections, info.collections),
    past: await replica.historySize(id),
    changes: (await headOf(store, id)).seq,
    genesis: readable(decode(bytes.genesis)),
    head: readable(decode(bytes.head)),
  }
}

/** Collections with their types, those too that have no documents yet. */
function typed(counts: readonly CollectionCount[], settings: CollectionsSettings = {}) {
  const empty = Object.keys(settings).filter((name) => settings[name]?.type !== undefined && !counts.some(({ collection }) => collection === name))
  return [...counts, ...empty.map((collection) => ({ collection, documents: 0 }))].map((count) => {
    const type = Object.hasOwn(settings, count.collection) ? settings[count.collection]?.type : undefined
    return { ...count, ...(type === undefined ? {} : { type }) }
  })
}
