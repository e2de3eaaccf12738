import { type ReactNode, useLayoutEffect, useRef } from 'react'
import { TEST_IDS } from '../../test-ids.ts'
import { useFocusReturn } from '../../ui/use-focus-return.ts'

/** Asks what is to become of what was written, in the place of the editor's buttons. */
export function UnsavedQuestion({
  canSave,
  onDiscard,
  onStay,
}: {
  readonly canSave: boolean
  readonly onDiscard: () => void
  readonly onStay: () => void
}): ReactNode {
  const part = useRef<HTMLDivElement>(null)
  const stay = useRef<HTMLButtonElement>(null)
  useFocusReturn(part)
  useLayoutEffect(() => stay.current?.focus(), [])
  return (
    <div ref={part} className="unsaved" role="alertdialog" aria-labelledby="unsaved-question" data-testid={TEST_IDS.unsaved}>
      <p id="unsaved-question">What you wrote is not saved.</p>
      <div className="actions">
        <button type="submit" className="button-primary" data-testid={TEST_IDS.editorSave} disabled={!canSave}>
          Save
        </button>
        <button ref={stay} type="button" data-testid={TEST_IDS.unsavedStay} onClick={onStay}>
          Go on writing
        </button>
        <button type="button" className="button-danger" data-testid={TEST_IDS.unsavedDiscard} onClick={onDiscard}>
          Discard it
        </button>
      </div>
    </div>
  )
}
