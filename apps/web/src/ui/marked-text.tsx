import type { ReactNode } from 'react'
import { partsOf } from './hidden-characters.ts'

/** A text from others: its hidden characters as marks, and its direction its own, so that it turns around nothing beside it. */
export function MarkedText({ text }: { readonly text: string }): ReactNode {
  return (
    <bdi>
      {partsOf(text).map((part, i) =>
        'text' in part ? (
          part.text
        ) : (
          // A part has no other name than its place.
          <span key={i} className="hidden-character" title={part.codePoint}>
            {part.mark}
          </span>
        ),
      )}
    </bdi>
  )
}
