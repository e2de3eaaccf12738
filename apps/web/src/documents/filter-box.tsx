import type { ReactNode, RefObject } from 'react'
import { TEST_IDS } from '../test-ids.ts'

/** The box to narrow the list with. Escape empties it. */
export function FilterBox({
  ref,
  text,
  error,
  onChange,
}: {
  readonly ref: RefObject<HTMLInputElement | null>
  readonly text: string
  readonly error: string | undefined
  readonly onChange: (text: string) => void
}): ReactNode {
  return (
    <div className="filter">
      <input
        ref={ref}
        type="search"
        data-testid={TEST_IDS.filter}
        aria-label="Filter"
        aria-invalid={error !== undefined}
        aria-describedby="filter-error"
        aria-keyshortcuts="/"
        placeholder="Filter: country=FR population>1000000"
        value={text}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        onChange={(event) => onChange(event.target.value)}
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
    </div>
  )
}
