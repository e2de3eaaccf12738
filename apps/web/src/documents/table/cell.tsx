import type { Document } from 'p2p-docstore'
import type { ReactNode } from 'react'
import { withMarks } from '../../ui/hidden-characters.ts'
import { MarkedText } from '../../ui/marked-text.tsx'
import { cellText } from './cell-text.ts'

/** A value in a row; what is too long for the cell comes up over it. `label` names it where there are no columns. */
export function Cell({
  value,
  label,
  name,
}: {
  readonly value: Document[string] | undefined
  readonly label: string
  readonly name?: 'id' | 'rest'
}): ReactNode {
  const { kind, text, whole } = cellText(value)
  return (
    <td
      data-label={label}
      className={`is-${name ?? kind}`}
      data-empty={kind === 'nothing' || undefined}
      title={whole === '' ? undefined : withMarks(whole)}
    >
      {kind === 'date' ? <time dateTime={whole}>{text}</time> : kind === 'data' ? <DataText text={text} /> : <MarkedText text={text} />}
    </td>
  )
}

/** Moments within JSON, which lines are not to break. */
const MOMENTS = /(\d{4}-\d{2}-\d{2}T[\d:.]+)/

function DataText({ text }: { readonly text: string }): ReactNode {
  return (
    <span>
      {text.split(MOMENTS).map((part, i) =>
        // A part has no other name than its place; every second one is a moment.
        i % 2 === 0 ? (
          <MarkedText key={i} text={part} />
        ) : (
          <span key={i} className="moment">
            {part}
          </span>
        ),
      )}
    </span>
  )
}
