import type { ReactNode } from 'react'

/** A moment, in the words and the time of whoever looks. */
export function Moment({ at }: { /** ISO time. */ readonly at: string }): ReactNode {
  return (
    <time dateTime={at} title={at}>
      {new Date(at).toLocaleString()}
    </time>
  )
}
