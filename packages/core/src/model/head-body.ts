import { asStruct, isUint } from './cbor.ts'
import { type CID, DAG_CBOR, isOurCid } from './cid.ts'
import { MAX_TIME } from './clock.ts'
import { MAX_DESCRIPTION_LENGTH, MAX_HISTORY_DAYS } from './limits.ts'
import { isTitle } from './network.ts'

/** What a head says of its namespace. */
export interface HeadBody {
  readonly title: string
  readonly description?: string
  /** How long earlier versions of documents are kept, days. */
  readonly history?: number
  /** Hybrid time: the namespace has ended, and records of a later time are not accepted. */
  readonly ended?: number
  /** Id of the namespace that takes its place. */
  readonly next?: CID
}

/** The body of a head; `undefined` where it is none. */
export function readHeadBody(value: unknown): HeadBody | undefined {
  const struct = asStruct(value, ['title'], ['description', 'history', 'ended', 'next'])
  if (struct === undefined) return undefined
  const { title, description, history, ended, next } = struct
  if (!isTitle(title) || !(description === undefined || isDescription(description))) return undefined
  if (!(history === undefined || isHistoryDays(history))) return undefined
  if (!(ended === undefined || (isUint(ended) && ended <= MAX_TIME)) || !(next === undefined || isOurCid(next, DAG_CBOR))) return undefined
  return {
    title,
    ...(description === undefined ? {} : { description }),
    ...(history === undefined ? {} : { history }),
    ...(ended === undefined ? {} : { ended }),
    ...(next === undefined ? {} : { next }),
  }
}

/** Whether a record of this time was written after the end of its namespace. */
export function isAfterEnd({ ended }: HeadBody, at: number): boolean {
  return ended !== undefined && at > ended
}

/** Whether a value can say for how many days earlier versions are kept. */
export function isHistoryDays(value: unknown): value is number {
  return isUint(value) && value <= MAX_HISTORY_DAYS
}

/** Whether a text can be the description of a namespace. */
export function isDescription(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length > 0 && value.length <= MAX_DESCRIPTION_LENGTH && value.isWellFormed() && !value.startsWith('\ufeff')
  )
}
