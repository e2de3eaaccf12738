import type { ReactNode } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { numberText } from '../ui/numbers.ts'
import type { Conflicted } from './use-conflicted.ts'

/** How many documents of the namespace have conflicts, and the way to them; nothing where there are none. */
export function ConflictsButton({ conflicted, onOpen }: { readonly conflicted: Conflicted | undefined; readonly onOpen: () => void }): ReactNode {
  const count = conflicted?.documents.length ?? 0
  return (
    // Always there, so that those who hear the page are told of the first one.
    <span role="status" className="conflicts-state">
      {count === 0 ? null : (
        <button type="button" className="chip chip-warn" data-testid={TEST_IDS.conflictsOpen} data-count={count} onClick={onOpen}>
          {`Conflicts in ${numberText(count)}${conflicted?.hasMore === true ? ' and more' : ''} ${count === 1 ? 'document' : 'documents'}`}
        </button>
      )}
    </span>
  )
}
