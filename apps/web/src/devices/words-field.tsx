import type { ReactNode } from 'react'

/** Where recovery words are typed: nothing of the browser's keeps them or looks them up. */
export function WordsField({
  label,
  value,
  testId,
  onChange,
}: {
  readonly label: string
  readonly value: string
  readonly testId: string
  readonly onChange: (words: string) => void
}): ReactNode {
  return (
    <label className="field">
      <span>{label}</span>
      <textarea
        value={value}
        required
        rows={4}
        maxLength={1000}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        data-testid={testId}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  )
}
