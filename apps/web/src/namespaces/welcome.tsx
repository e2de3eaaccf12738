import type { ReactNode } from 'react'

/** What stands where no namespace is chosen. */
export function Welcome({ count }: { readonly count: number | undefined }): ReactNode {
  return (
    <div className="empty">
      <h1>{count === 0 ? 'Your documents begin here' : 'Choose a namespace'}</h1>
      <p>
        A namespace is a set of documents with one rule for who may write.{' '}
        {count === 0 ? 'Create your first one, or open one that somebody sent you.' : 'Choose one from the list, or create another.'}
      </p>
      <p className="hint">
        This page is a full peer: it stores and checks everything itself, works without a connection, and exchanges with the network when there is
        one.
      </p>
    </div>
  )
}
