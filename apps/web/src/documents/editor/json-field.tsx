import { type ReactNode, useId, useLayoutEffect, useRef } from 'react'
import type { TextFault } from './json-text.ts'

/** A text field for JSON with line numbers, which marks the line that is wrong. */
export function JsonField({
  label,
  testId,
  errorTestId,
  text,
  parsed,
  isReadOnly,
  takesFocus,
  onChange,
}: {
  readonly label: string
  readonly testId: string
  readonly errorTestId: string
  readonly text: string
  readonly parsed: { readonly ok: true } | TextFault
  readonly isReadOnly: boolean
  /** Whether it takes the focus when the dialog is shown that it is in. */
  readonly takesFocus: boolean
  readonly onChange: (text: string) => void
}): ReactNode {
  const gutter = useRef<HTMLPreElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  // Before anyone can write in it: a caret that is set later lands in what somebody writes meanwhile.
  useLayoutEffect(() => {
    const element = field.current
    if (element === null || !takesFocus) return
    // A dialog gives the focus to what says so when it is shown, which is after this: nothing in it can have it before.
    element.autofocus = true
    // Into the first text that is empty, where there is one.
    const at = element.value.indexOf('""') + 1
    element.setSelectionRange(at, at)
  }, [takesFocus])
  const errorId = useId()
  const lines = text.split('\n')
  const badLine = parsed.ok ? undefined : parsed.line
  return (
    <>
      <div className="json-field">
        <pre ref={gutter} className="gutter" aria-hidden="true">
          {lines.map((_, i) => (
            // A line has no other name than its number.
            <span key={i} className={badLine === i + 1 ? 'bad-line' : undefined}>
              {i + 1}
            </span>
          ))}
        </pre>
        <textarea
          ref={field}
          data-testid={testId}
          aria-label={label}
          aria-invalid={!parsed.ok}
          aria-describedby={errorId}
          value={text}
          readOnly={isReadOnly}
          spellCheck={false}
          autoCapitalize="off"
          rows={Math.min(Math.max(lines.length + 1, 8), 24)}
          wrap="off"
          onChange={(event) => onChange(event.target.value)}
          onScroll={(event) => {
            if (gutter.current !== null) gutter.current.scrollTop = event.currentTarget.scrollTop
          }}
        />
      </div>
      <p id={errorId} className="error json-error" data-testid={errorTestId} aria-live="polite">
        {parsed.ok ? '' : `${place(parsed)}${parsed.message}`}
      </p>
    </>
  )
}

function place({ line, column }: { readonly line: number; readonly column: number }): string {
  return `Line ${line}, column ${column}: `
}
