import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useEffect, useState } from 'react'
import { namespaceHref } from '../route.ts'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'
import { numberText } from '../ui/numbers.ts'

interface Back {
  readonly documents: number
  readonly name: string
}

/** Tells of documents that a revocation, or the end of a role, had taken away, and that are here again since that does not count any more. */
export function DocumentsBack({ store }: { readonly store: Docstore }): ReactNode {
  const [back, setBack] = useState<ReadonlyMap<string, Back>>(new Map())
  useEffect(() => {
    let isCurrent = true
    const note = async (namespace: string, returned: number): Promise<void> => {
      const name = (await store.replica.namespace(namespace))?.name ?? ''
      if (isCurrent) setBack((last) => new Map(last).set(namespace, { name, documents: returned + (last.get(namespace)?.documents ?? 0) }))
    }
    const unlisten = store.replica.onCommit(({ namespace, returned }) => {
      if (returned !== undefined) note(namespace, returned).catch((error: unknown) => console.warn('What has come back could not be named', error))
    })
    return () => {
      isCurrent = false
      unlisten()
    }
  }, [store])
  return [...back].map(([id, { name, documents }]) => (
    <div key={id} className="banner banner-quiet" role="status" data-testid={TEST_IDS.documentsBack} data-namespace={id} data-documents={documents}>
      <p>
        {documents === 1 ? 'A document is' : `${numberText(documents)} documents are`} back in “
        <MarkedText text={name} />
        ”: what had taken {documents === 1 ? 'it' : 'them'} away does not count any more.
      </p>
      <a className="button-small" href={namespaceHref(id)}>
        Show the namespace
      </a>
      <button type="button" onClick={() => setBack((last) => new Map([...last].filter(([one]) => one !== id)))}>
        Close
      </button>
    </div>
  ))
}
