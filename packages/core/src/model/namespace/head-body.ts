import { asStruct, isUint } from '../encoding/cbor.ts'
import { type CID, DAG_CBOR, isOurCid } from '../encoding/cid.ts'
import { MAX_TIME } from '../clock.ts'
import { type CollectionsSettings, readCollectionsSettings } from './collection-settings.ts'
import { MAX_DESCRIPTION_LENGTH, MAX_HISTORY_DAYS, MAX_SPLIT } from '../limits.ts'
import { isTitle } from '../network/network.ts'
import { readStaticProfile, type StaticProfile } from './static-profile.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'

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
  /** What it says of collections: the rules for their documents. */
  readonly collections?: CollectionsSettings
  /** Peers that keep it name it to whoever asks what there is. */
  readonly listed?: true
  /** Hybrid time of its first head; without it, this is that one. */
  readonly created?: number
  /** Of a profile: what its owner says of himself. */
  readonly profile?: StaticProfile
  /** How often it is halved by slots, 1 to 6: relays that keep a part of the network keep its parts apart. Absent where it is whole. */
  readonly split?: number
}

/** The body of a head: `malformed`, `unsupported` where it has settings of collections that this release does not know, or `bad-profile`. */
export function readHeadBody(value: unknown): Verdict<HeadBody> {
  const struct = asStruct(value, ['title'], ['description', 'ended', 'next', 'collections', 'listed', 'created', 'history', 'profile', 'split'])
  if (struct === undefined) return refuse('malformed')
  const { title, description, ended, next, collections, listed, created, history, profile, split } = struct
  if (!isTitle(title) || !(description === undefined || isDescription(description))) return refuse('malformed')
  if (!isOptionalTime(ended) || !isOptionalTime(created)) return refuse('malformed')
  if (!(next === undefined || isOurCid(next, DAG_CBOR)) || !(listed === undefined || listed === true)) return refuse('malformed')
  if (!(history === undefined || isHistoryDays(history))) return refuse('malformed')
  if (!(split === undefined || isSplit(split))) return refuse('malformed')
  const settings = collections === undefined ? undefined : readCollectionsSettings(collections)
  const facts = profile === undefined ? undefined : readStaticProfile(profile)
  if (facts?.ok === false && facts.reason === 'malformed') return facts
  if (settings?.ok === false) return settings
  if (facts?.ok === false) return facts
  return accept({
    title,
    ...(description === undefined ? {} : { description }),
    ...(history === undefined ? {} : { history }),
    ...(ended === undefined ? {} : { ended }),
    ...(next === undefined ? {} : { next }),
    ...(settings === undefined ? {} : { collections: settings.value }),
    ...(listed === undefined ? {} : { listed }),
    ...(created === undefined ? {} : { created }),
    ...(facts === undefined ? {} : { profile: facts.value }),
    ...(split === undefined ? {} : { split }),
  })
}

function isOptionalTime(value: unknown): value is number | undefined {
  return value === undefined || (isUint(value) && value <= MAX_TIME)
}

/** Whether a record of this time was written after the end of its namespace. */
export function isAfterEnd({ ended }: HeadBody, at: number): boolean {
  return ended !== undefined && at > ended
}

/** Whether a value can say for how many days earlier versions are kept. */
export function isHistoryDays(value: unknown): value is number {
  return isUint(value) && value <= MAX_HISTORY_DAYS
}

/** Whether a value can say how often a namespace is halved; one that is whole says nothing. */
function isSplit(value: unknown): value is number {
  return isUint(value) && value > 0 && value <= MAX_SPLIT
}

/** Whether it says something of a collection. */
export function hasSettings({ collections }: HeadBody, collection: string): boolean {
  return collections !== undefined && Object.hasOwn(collections, collection)
}

/** Whether values of some fields may not come twice, which one writer alone can keep. */
export function hasUnique({ collections = {} }: HeadBody): boolean {
  return Object.values(collections).some(({ unique }) => unique !== undefined)
}

/** Whether a text can be the description of a namespace. */
export function isDescription(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length > 0 && value.length <= MAX_DESCRIPTION_LENGTH && value.isWellFormed() && !value.startsWith('\ufeff')
  )
}
