import type { Collection, Docstore } from 'p2p-docstore'
import { type ReactNode, useCallback } from 'react'
import { useLive } from '../../store/use-live.ts'
import { PersonName } from '../../people/person-name.tsx'
import { TEST_IDS } from '../../test-ids.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Moment } from '../../ui/moment.tsx'
import { shorten } from '../../ui/short-names.ts'

/** What is known of a document as it stands: when it was last changed, by whom, and its CID. */
export function DocumentFacts({
  store,
  namespace,
  collection,
  id,
}: {
  readonly store: Docstore
  readonly namespace: string
  readonly collection: Collection
  readonly id: string
}): ReactNode {
  const load = useCallback(() => collection.get(id, { meta: true }), [collection, id])
  const subscribe = useCallback(
    (nudge: () => void) => store.replica.onCommit((event) => event.namespace === namespace && event.collections.includes(collection.name) && nudge()),
    [store, namespace, collection],
  )
  const { value: version } = useLive(load, subscribe)
  if (version === undefined) return null
  const { cid, at, by, breaks } = version
  return (
    <>
      {breaks === undefined ? null : (
        <p className="notice" role="status" data-testid={TEST_IDS.documentBreaks}>
          Changes by several people together break a rule of this collection: {breaks.text}.
        </p>
      )}
      <p className="hint document-facts" data-testid={TEST_IDS.documentFacts} data-cid={cid} data-by={by}>
        <Moment at={at} />, by <PersonName person={by} />, <span title={cid}>CID {shorten(cid, 10, 6)}</span>{' '}
        <CopyButton text={cid} label="the CID of this document" testId={TEST_IDS.documentCidCopy} />
      </p>
    </>
  )
}
