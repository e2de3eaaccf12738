import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { RestoreDialog } from '../later.ts'
import { TEST_IDS } from '../test-ids.ts'
import { Later } from '../ui/later.tsx'

/** What stands where no namespace is chosen. */
export function Welcome({
  store,
  count,
  onCreate,
}: {
  readonly store: Docstore
  readonly count: number | undefined
  readonly onCreate: () => void
}): ReactNode {
  const [isRestoring, setRestoring] = useState(false)
  return (
    <div className="empty">
      <h1>{count === 0 ? 'Your documents begin here' : 'Choose a namespace'}</h1>
      <p>
        A namespace is a set of documents with one rule for who may write.{' '}
        {count === 0 ? 'Create your first one, or open one that somebody sent you.' : 'Choose one from the list, or create another.'}
      </p>
      <button type="button" className={count === 0 ? 'button-primary' : undefined} data-testid={TEST_IDS.welcomeCreate} onClick={onCreate}>
        Create a namespace
      </button>
      {count === 0 ? (
        <button type="button" data-testid={TEST_IDS.restoreOpen} onClick={() => setRestoring(true)}>
          I have 24 words
        </button>
      ) : null}
      <p className="hint">
        Everything is stored and checked on this device. It works without a connection, and is exchanged with the network when there is one.
      </p>
      <Later>{isRestoring ? <RestoreDialog store={store} onClose={() => setRestoring(false)} /> : null}</Later>
    </div>
  )
}
