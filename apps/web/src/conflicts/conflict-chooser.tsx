import type { Collection, Conflict, Docstore, Document } from 'p2p-docstore'
import { type ReactNode, useCallback, useRef, useState } from 'react'
import { errorText } from '../store/error-text.ts'
import { useLive } from '../store/use-live.ts'
import { TEST_IDS } from '../test-ids.ts'
import { numberText } from '../ui/numbers.ts'
import { ConflictCard } from './conflict-card.tsx'

/** Pause between two looks at the conflicts of a document, milliseconds. */
const PAUSE_MS = 150

/** The versions of a document that lost, each beside what stands, and the ways to settle that for everybody. */
export function ConflictChooser({
  store,
  namespace,
  collection,
  id,
  readOnly,
  onWritten,
}: {
  readonly store: Docstore
  readonly namespace: string
  readonly collection: Collection
  readonly id: string
  readonly readOnly: string | undefined
  readonly onWritten: () => void
}): ReactNode {
  const [error, setError] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const state = useRef<HTMLParagraphElement>(null)
  const load = useCallback(() => conflictsOf(collection, id), [collection, id])
  const subscribe = useCallback(
    (nudge: () => void) => store.replica.onCommit((event) => event.namespace === namespace && event.collections.includes(collection.name) && nudge()),
    [store, namespace, collection],
  )
  const live = useLive(load, subscribe, PAUSE_MS)
  const conflicts = live.value
  const settle = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      await work()
      onWritten()
    } catch (cause) {
      setError(errorText(cause))
    }
    setBusy(false)
    // What was pressed may be gone.
    state.current?.focus()
  }
  if (conflicts === undefined) return live.error === undefined ? <p className="hint">Looking…</p> : <p role="alert">{live.error}</p>
  const isDeleted = conflicts[0]?.won.document === null
  const whyNot = readOnly ?? (isBusy ? 'Settling it…' : undefined)
  return (
    <>
      <p ref={state} tabIndex={-1} role="status" data-testid={TEST_IDS.conflictsLeft} data-count={conflicts.length}>
        {conflicts.length === 0
          ? 'Settled: nothing is in conflict here.'
          : `${conflicts.length === 1 ? 'One version' : `${numberText(conflicts.length)} versions`} lost, by people who had not seen what stands. What you choose holds for everybody.`}
      </p>
      {readOnly === undefined || conflicts.length === 0 ? null : <p className="hint">{readOnly}.</p>}
      {error === undefined ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {conflicts.map((conflict) => (
        <ConflictCard
          key={`${conflict.at} ${conflict.by} ${conflict.field ?? ''}`}
          conflict={conflict}
          readOnly={whyNot}
          onKeep={() => void settle(() => collection.resolve(id, { keep: conflict.cid, seen: conflicts }))}
        />
      ))}
      {conflicts.length === 0 ? null : (
        <div className="actions">
          <button
            type="button"
            className="button-primary"
            data-testid={TEST_IDS.conflictKeepWinner}
            disabled={whyNot !== undefined}
            title={whyNot}
            onClick={() => void settle(() => collection.resolve(id, { keep: 'winner', seen: conflicts }))}
          >
            {isDeleted ? 'Leave it deleted' : conflicts.length === 1 ? 'Keep what stands' : 'Keep all that stands'}
          </button>
        </div>
      )}
    </>
  )
}

async function conflictsOf(collection: Collection, id: string): Promise<readonly Conflict<Document>[]> {
  const conflicts: Conflict<Document>[] = []
  for await (const conflict of collection.conflicts({ id })) conflicts.push(conflict)
  return conflicts
}
