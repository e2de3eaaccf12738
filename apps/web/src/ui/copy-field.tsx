import { type ReactNode, useState } from 'react'
import { CopyButton } from './copy-button.tsx'
import { shorten as shortened } from './short-names.ts'

/** A long text to copy: one line, with a button; a short form opens into the whole. */
export function CopyField({
  label,
  value,
  testId,
  copyTestId,
  shorten = false,
}: {
  readonly label: string
  readonly value: string
  readonly testId: string
  readonly copyTestId: string
  readonly shorten?: boolean
}): ReactNode {
  const [isWhole, setWhole] = useState(!shorten)
  return (
    <div className="copy-field">
      {/* The whole of a long one scrolls, which keys do only with the focus on it. */}
      <code data-testid={testId} data-value={value} className={isWhole ? 'copy-whole' : undefined} tabIndex={isWhole ? 0 : undefined}>
        {isWhole ? value : shortened(value, 18, 6)}
      </code>
      {shorten ? (
        <button type="button" className="button-small" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Less' : 'All'}
        </button>
      ) : null}
      <CopyButton text={value} label={label} testId={copyTestId} />
    </div>
  )
}
