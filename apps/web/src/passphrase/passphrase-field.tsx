import type { ReactNode } from 'react'

/** A field for a passphrase. */
export function PassphraseField({
  label,
  value,
  testId,
  isNew,
  onChange,
}: {
  readonly label: string
  readonly value: string
  readonly testId: string
  /** Whether it is made up now: a browser offers one for that, else the one that it keeps. */
  readonly isNew: boolean
  readonly onChange: (value: string) => void
}): ReactNode {
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type="password"
        value={value}
        required
        data-testid={testId}
        autoComplete={isNew ? 'new-password' : 'current-password'}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  )
}
