import type { ReactNode } from 'react'
import { TEST_IDS } from '../test-ids.ts'

/** Shown while the database opens: usually for a blink. */
export function Opening(): ReactNode {
  return (
    <main className="opening" data-testid={TEST_IDS.opening}>
      <p className="opening-title">Docstore</p>
      <p role="status">Opening your documents…</p>
      <div className="progress" aria-hidden="true" />
    </main>
  )
}
