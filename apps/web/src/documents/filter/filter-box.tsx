import type { ReactNode, RefObject } from 'react'
import { TEST_IDS } from '../../test-ids.ts'
import { withMarks } from '../../ui/hidden-characters.ts'
import { MarkedText } from '../../ui/marked-text.tsx'

/** Fields that are named; there may be more. */
const MAX_NAMED = 6

/** The box to search and narrow the list with. Escape empties it. */
export function FilterBox({
  ref,
  text,
  error,
  searched,
  onChange,
  onLeave,
}: {
  readonly ref: RefObject<HTMLInputElement | null>
  readonly text: string
  readonly error: string | undefined
  /** Fields in which words are looked for; none where there are no words. */
  readonly searched: readonly string[]
  readonly onChange: (text: string) => void
  readonly onLeave: () => void
}): ReactNode {
  return (
    <div className="filter">
      <input
        ref={ref}
        type="search"
        data-testid={TEST_IDS.filter}
        aria-label="Filter"
        aria-invalid={error !== undefined}
        aria-describedby="filter-error filter-fields"
        aria-keyshortcuts="/"
        placeholder="Search, or filter: country=FR"
        value={text}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        onChange={(event) => onChange(event.target.value)}
        onBlur={onLeave}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          if (text === '') event.currentTarget.blur()
          else onChange('')
        }}
      />
      <kbd className="filter-key" aria-hidden="true">
        /
      </kbd>
      <p id="filter-error" className="error" data-testid={TEST_IDS.filterError} aria-live="polite" hidden={error === undefined}>
        {error}
      </p>
      <p id="filter-fields" className="hint" data-testid={TEST_IDS.filterFields} hidden={error !== undefined || searched.length === 0}>
        Looks in <MarkedText text={searched.slice(0, MAX_NAMED).join(', ')} />
        {searched.length > MAX_NAMED ? <span title={withMarks(searched.join(', '))}> and {searched.length - MAX_NAMED} more fields</span> : null}
      </p>
    </div>
  )
}
