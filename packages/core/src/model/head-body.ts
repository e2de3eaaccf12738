import { asStruct, isUint } from './cbor.ts'
import { type CID, DAG_CBOR, isOurCid } from './cid.ts'
import { MAX_TIME } from './clock.ts'
import { MAX_DESCRIPTION_LENGTH } from './limits.ts'
import { isTitle } from './network.ts'

/** What a head says of its namespace. */
export interface HeadBody {
  readonly title: string
  readonly description?: string
  /** Hybrid time: the namespace has ended, and records of a later time are not accepted. */
  readonly ended?: number
  /** Id of the namespace that takes its place. */
  readonly next?: CID
  /** Peers that keep it name it to whoever asks what there is. */
  readonly listed?: true
  /** Hybrid time of its first head; without it, this is that one. */
  readonly created?: number
}

/** The body of a head; `undefined` where it is none. */
export function readHeadBody(value: unknown): HeadBody | undefined {
  const struct = asStruct(value, ['title'], ['description', 'ended', 'next', 'listed', 'created'])
  if (struct === undefined) return undefined
  const { title, description, ended, next, listed, created } = struct
  if (!isTitle(title) || !(description === undefined || isDescription(description))) return undefined
  if (!isOptionalTime(ended) || !isOptionalTime(created)) return undefined
  if (!(next === undefined || isOurCid(next, DAG_CBOR)) || !(listed === undefined || listed === true)) return undefined
  return {
    title,
    ...(description === undefined ? {} : { description }),
    ...(ended === undefined ? {} : { ended }),
    ...(next === undefined ? {} : { next }),
    ...(listed === undefined ? {} : { listed }),
    ...(created === undefined ? {} : { created }),
  }
}

function isOptionalTime(value: unknown): value is number | undefined {
  return value === undefined || (isUint(value) && value <= MAX_TIME)
}

/** Whether a record of this time was written after the end of its namespace. */
export function isAfterEnd({ ended }: HeadBody, at: number): boolean {
  return ended !== undefined && at > ended
}

/** Whether a text can be the description of a namespace. */
export function isDescription(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length > 0 && value.length <= MAX_DESCRIPTION_LENGTH && value.isWellFormed() && !value.startsWith('\ufeff')
  )
}
