import type { ContentDocument, ContentFile, Docstore } from 'p2p-docstore'
import { type ReactNode, useEffect, useState } from 'react'
import { saveAs } from '../files/save-as.ts'
import { PersonLink } from '../people/person-name.tsx'
import { namespaceHref } from '../route.ts'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { CopyField } from '../ui/copy-field.tsx'
import { MarkedText } from '../ui/marked-text.tsx'

type Looked =
  | { readonly state: 'looking' }
  | { readonly state: 'failed'; readonly text: string }
  | { readonly state: 'found'; readonly content: ContentDocument | ContentFile }

/** What a CID names, from here or from any relay; all of it is text, or something to be saved. */
export function ContentView({ store, cid }: { readonly store: Docstore; readonly cid: string }): ReactNode {
  const looked = useContent(store, cid)
  return (
    <div className="content-view pad">
      <a className="back" href="#/">
        ← Namespaces
      </a>
      <h1>Content by its CID</h1>
      <CopyField
        label="The CID"
        value={looked.state === 'found' ? looked.content.cid : cid}
        testId={TEST_IDS.contentCid}
        copyTestId={TEST_IDS.contentCidCopy}
      />
      <p role="status" data-testid={TEST_IDS.contentState} data-state={looked.state}>
        {looked.state === 'looking' ? 'Looking for it here, and at relays …' : looked.state === 'failed' ? <MarkedText text={looked.text} /> : null}
      </p>
      {looked.state === 'found' ? (
        looked.content.kind === 'document' ? (
          <FoundDocument content={looked.content} />
        ) : (
          <FoundFile file={looked.content} />
        )
      ) : null}
    </div>
  )
}

function useContent(store: Docstore, cid: string): Looked {
  const [looked, setLooked] = useState<Looked>({ state: 'looking' })
  useEffect(() => {
    const gone = new AbortController()
    const { signal } = gone
    setLooked({ state: 'looking' })
    const look = async (): Promise<void> => {
      // A page that was opened with this address has no relay yet.
      await store.network?.connected({ timeoutMs: CONNECT_MS, signal })
      const content = await store.content(cid, { signal })
      if (!signal.aborted) setLooked({ state: 'found', content })
    }
    look().catch((error: unknown) => {
      if (!signal.aborted) setLooked({ state: 'failed', text: errorText(error) })
    })
    return () => gone.abort()
  }, [store, cid])
  return looked
}

/** How long a relay is waited for, milliseconds. */
const CONNECT_MS = 5000

function FoundDocument({ content: { document, here, from } }: { readonly content: ContentDocument }): ReactNode {
  return (
    <>
      {here === undefined ? (
        <p className="hint">
          Its hash was checked. A CID says what, and not who wrote it:{' '}
          {from === undefined ? 'it has its bytes in itself.' : 'a relay gave it, and no document here says it.'}
        </p>
      ) : (
        <p>
          Written by <PersonLink person={here.by} /> in <a href={namespaceHref(here.namespace, here.collection)}>a namespace that is here</a>.
        </p>
      )}
      {/* What is long scrolls, which keys do only with the focus on it. */}
      <pre className="content-json" tabIndex={0} data-testid={TEST_IDS.contentJson}>
        <MarkedText text={JSON.stringify(document, null, 2)} />
      </pre>
    </>
  )
}

function FoundFile({ file }: { readonly file: ContentFile }): ReactNode {
  const [state, setState] = useState('')
  const save = async (): Promise<void> => {
    setState('The file is on its way …')
    try {
      saveAs(new Blob([await file.bytes()]), file.cid)
      setState('')
    } catch (error) {
      setState(errorText(error))
    }
  }
  return (
    <p>
      A file of {file.size.toLocaleString('en')} bytes.{' '}
      <button type="button" data-testid={TEST_IDS.contentSave} onClick={() => void save()}>
        Save the file
      </button>{' '}
      <span role="status">{state}</span>
    </p>
  )
}
