import type { MoveProgress } from 'p2p-docstore'
import type { ReactNode } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { numberText } from '../ui/numbers.ts'

/** Shown while the database opens: usually for a blink; longer where documents move to the network that is joined. */
export function Opening({ moved }: { readonly moved?: MoveProgress | undefined }): ReactNode {
  return (
    <main className="opening" data-testid={TEST_IDS.opening}>
      <p className="opening-title">Docstore</p>
      <p role="status">
        {moved === undefined
          ? 'Opening your documents…'
          : `Moving your documents to the network: ${numberText(moved.done)} of ${numberText(moved.total)}…`}
      </p>
      {moved === undefined ? <div className="progress" aria-hidden="true" /> : <progress value={moved.done} max={Math.max(1, moved.total)} />}
    </main>
  )
}
