import { sha256 } from '#crypto'
import { DocstoreError } from '../../../errors.ts'
import { toHex, utf8, utf8Length } from '../../../model/bytes.ts'
import { timeSpan } from '../../../model/clock.ts'
import { canonicalJson } from '../../../model/content.ts'
import { depthOf, encodeEdit } from '../../../model/edits/edit-content.ts'
import { compareVersions } from '../../../model/edits/compare-versions.ts'
import { fieldAt, mergedContent, setField } from '../../../model/edits/merged.ts'
import type { Json } from '../../../model/json/json-value.ts'
import { MAX_CONTENT_DEPTH, MAX_EDIT_BYTES, MAX_EDITS, MAX_MAP_EDITS } from '../../../model/limits.ts'
import { fieldSlotOf, keyHash, type PutRecord, type RecordScope, recordHash, slotOf } from '../../../model/record.ts'
import type { CollectionRules } from '../../../rules/collection-rules.ts'
import type { Fault } from '../../../rules/run.ts'
import { ownContent } from '../../../storage/records/own-content.ts'
import type { CommitEntry, DocumentView, NewRecord, StoredRecord } from '../../../storage/storage.ts'
import { checkedKey } from '../checked-key.ts'
import { cidOfContent, cidOfDigest, conflictWith } from '../expected-version.ts'
import { recordFault } from '../../rules/record-fault.ts'
import { immutableError, ruleError } from '../../rules/rule-error.ts'
import { isSettling, type Overwritten, seenByWriter } from '../seen-by-writer.ts'
import type { Settles, UpdateResult } from '../../types.ts'
import type { Author } from '../local-write.ts'
import { cannotUpdate, type FieldChange, kindOf } from './changes.ts'

/** What an update works with. */
export interface LocalUpdateInit {
  readonly scope: RecordScope
  readonly collection: string
  readonly id: string
  readonly changes: readonly FieldChange[]
  /** CID that the document must have. */
  readonly expected?: string | null | undefined
  /** Largest content of a document, bytes. */
  readonly maxBytes: number
  /** What the head asks of documents of the collection, where it asks something. */
  readonly rules?: CollectionRules | undefined
  readonly author: Author
  /** Which conflicts of its fields it settles. */
  readonly settles?: Settles | undefined
  /** Where the document is one of a map: it is written by field alone. */
  readonly map?: {
    /** Whether the document need not be there. */
    readonly mayMake: boolean
    /** The content that the changes make of the document. Where they make something else, it changed meanwhile. */
    readonly becomes?: string
  }
}

/** How old edits of a map have to be for a writer to fold them, milliseconds: as long as a tombstone is kept, so that nobody who was away for less loses one. */
const MAP_FOLD_AGE_MS: number = 180 * 24 * 60 * 60_000

type Fields = Record<string, Json>

/** A field that gets another value. */
interface Step {
  readonly change: FieldChange
  readonly slot: Uint8Array
  value: Json | undefined
  /** The value as an edit says it. */
  content: string
  isChanged: boolean
}

/** What there is of a document. */
type Standing = Pick<DocumentView, 'base' | 'edits' | 'losers'>

/** What an edit meets. */
interface Edited {
  readonly old: StoredRecord | undefined
  readonly view: DocumentView | undefined
  /** Slot of the document. */
  readonly document: Uint8Array
}

/**
 * An update of fields of one document, as entries of one commit: the first looks at the document and finds out what is to be written, then comes
 * one for each field, and the last sees what has become of it. Where something is wrong nothing is written; `result` throws it. So whoever
 * shares the commit is not disturbed.
 */
export class LocalUpdate {
  readonly entries: readonly CommitEntry[]
  readonly #init: LocalUpdateInit
  readonly #key: string
  readonly #steps: readonly Step[]
  #at = 0
  /** When the document expires: what is written of it does then too. */
  #exp: number | null = null
  /** Whether the document is written whole. */
  #isWhole = false
  /** What the document is with the one field that changes, where it is one. */
  #becomes: string | undefined
  /** Whether it makes the document. */
  #isMade = false
  /** Whether the document changed while a put of it was made ready: nothing was written. */
  isStale = false
  #error: unknown
  #result: UpdateResult = { status: 'unchanged', seq: 0, at: 0, cid: '' }

  constructor(init: LocalUpdateInit) {
    const { scope, collection, id, changes, author } = init
    this.#init = init
    this.#key = checkedKey(collection, id)
    const by = author.identity.author
    const kh = keyHash(scope.ns, this.#key)
    const document = slotOf(scope.write, kh, by)
    this.#steps = changes.map((change) => ({
      change,
      slot: fieldSlotOf(document, kh, change.path),
      value: undefined,
      content: '',
      isChanged: false,
    }))
    this.entries = [
      { slot: document, document, build: (old, view, forgotten) => this.#look(old, view, forgotten) },
      ...this.#steps.map((step) => ({
        slot: step.slot,
        document,
        build: (old: StoredRecord | undefined, view: DocumentView | undefined) => this.#edit(step, { old, view, document }),
      })),
      { slot: document, document, build: (_, view) => this.#end(view) },
    ]
  }

  /** What it did, known when its entries are built; `unchanged` has no position. Throws what stood in its way. */
  result(): UpdateResult {
    if (this.#error !== undefined) throw this.#error
    return this.#result
  }

  /** Whether there is something of it in the commit. */
  get isWritten(): boolean {
    return this.#error === undefined && this.#result.status === 'written'
  }

  #look(old: StoredRecord | undefined, view: DocumentView | undefined, forgotten: number): NewRecord | undefined {
    this.#error = undefined
    this.#isWhole = false
    this.#becomes = undefined
    this.#isMade = false
    this.isStale = false
    for (const step of this.#steps) step.isChanged = false
    if (view === undefined) return undefined
    try {
      const before = view.content()
      const next = this.#prepare(before)
      if (this.#steps.length === 1) this.#becomes = next
      if (isSettling(this.#init.settles)) for (const step of this.#steps) step.isChanged = true
      this.#exp = view.base?.exp ?? null
      if (this.#init.map !== undefined) return this.#lookAtMap(view, { old, forgotten }, next)
      if (!this.#steps.some(({ isChanged }) => isChanged)) return undefined
      this.#isWhole = this.#steps.some((step) => !fitsEdit(step))
      this.#checkRules(before, next)
      this.#at = this.#init.author.clock.next(view.newest)
      if (this.#isWhole) return this.#put(next, this.#at, { old, document: view, settles: this.#init.settles })
      return this.#folded(view)
    } catch (error) {
      for (const step of this.#steps) step.isChanged = false
      this.#error = error
      return undefined
    }
  }

  /**
   * In a map nothing is written but fields, so that those of others stay: a document that is not there yet begins with nothing but its `_id`, at the
   * lowest time, or right after what was deleted, also where the tombstone of that has gone.
   */
  #lookAtMap(
    view: DocumentView,
    { old, forgotten }: { readonly old: StoredRecord | undefined; readonly forgotten: number },
    next: string,
  ): NewRecord | undefined {
    const { id, author } = this.#init
    if (this.isStale) return undefined
    this.#isMade = view.content() === null
    const changed = this.#steps.filter(({ isChanged }) => isChanged)
    if (!this.#isMade && changed.length === 0) return undefined
    const large = changed.find((step) => !fitsEdit(step))
    if (large !== undefined)
      throw new DocstoreError(
        'document-too-large',
        `The field ${JSON.stringify(large.change.name)} is too large for a map: one has ${MAX_EDIT_BYTES} bytes at most`,
      )
    this.#checkRules(view.content(), next)
    const folded = this.#foldedMap(this.#isMade ? { base: undefined, edits: [], losers: [] } : view, changed)
    const base = this.#isMade ? this.#put(canonicalJson({ _id: id }), Math.max(view.newest, forgotten) + 1, { old, document: view }) : folded
    this.#at = author.clock.next(Math.max(view.newest, base?.at ?? 0))
    return base
  }

  /** What is old enough that nobody can be expected to bring an older field. Throws `map-full` where the fields that are left are too many. */
  #foldedMap(view: Standing, changed: readonly Step[]): NewRecord | undefined {
    const { scope, id, author } = this.#init
    const by = author.identity.author
    const kh = keyHash(scope.ns, this.#key)
    const document = slotOf(scope.write, kh, by)
    const slots = new Set(changed.map(({ change }) => toHex(fieldSlotOf(document, kh, change.path))))
    const others = view.edits.filter(({ slot }) => !slots.has(toHex(slot)))
    if (others.length + slots.size <= MAX_MAP_EDITS) return undefined
    const until = author.clock.wall() - timeSpan(MAP_FOLD_AGE_MS)
    const young = others.filter(({ at }) => at > until)
    if (young.length + slots.size > MAX_MAP_EDITS)
      throw new DocstoreError(
        'map-full',
        `The document ${JSON.stringify(id)} would have ${young.length + slots.size} fields that were written in the last 180 days, of at most ${MAX_MAP_EDITS}. Give each entry a document of its own`,
      )
    return this.#foldedUpTo(view, Math.max(...others.filter(({ at }) => at <= until).map(({ at }) => at)))
  }

  /** Finds the new values; gives the document with them, as its content. */
  #prepare(content: string | null): string {
    const { id, expected, maxBytes, map } = this.#init
    if (expected !== undefined && (cidOfContent(content) ?? null) !== expected) throw conflictWith(id, content)
    if (content === null && map?.mayMake !== true)
      throw new DocstoreError('not-found', `There is no document ${JSON.stringify(id)} to update. put makes one`)
    const document = JSON.parse(content ?? canonicalJson({ _id: id })) as Fields
    for (const step of this.#steps) {
      const { path, name, apply } = step.change
      const { value: old, blockedBy } = fieldAt(document, path)
      if (blockedBy !== undefined && map?.becomes !== undefined) {
        this.isStale = true
        return canonicalJson(document)
      }
      if (blockedBy !== undefined) {
        const blocking = fieldAt(document, blockedBy).value ?? null
        throw cannotUpdate(`${JSON.stringify(name)} leads through ${JSON.stringify(blockedBy.join('.'))}, where there is ${kindOf(blocking)}`)
      }
      const value = apply(old)
      if (path.length + depthOf(value) > MAX_CONTENT_DEPTH)
        throw cannotUpdate(`${JSON.stringify(name)} would nest deeper than ${MAX_CONTENT_DEPTH} levels`)
      step.value = value
      step.content = encodeEdit(id, value)
      step.isChanged = isOther(value, old)
      setField(document, path, value)
    }
    const text = canonicalJson(document)
    this.isStale = map?.becomes !== undefined && text !== map.becomes
    // No character has more than three bytes for each of its units.
    if (text.length * 3 > maxBytes && utf8(text).length > maxBytes)
      throw new DocstoreError('document-too-large', `The document ${JSON.stringify(id)} would have more than ${maxBytes} bytes as JSON`)
    return text
  }

  /**
   * Each edit by itself, as others will, and then the document: a rule that several fields keep together holds only if who writes looks. One that the
   * document breaks already need not be mended by this update.
   */
  #checkRules(before: string | null, next: string): void {
    const { rules, collection, id, scope } = this.#init
    if (rules === undefined) return
    for (const { change, value, content, isChanged } of this.#steps) {
      const fault = isChanged ? rules.judgeEdit(change.path, value, utf8(content).length) : undefined
      if (fault !== undefined) throw fault.rule === 'immutable' ? immutableError(collection, id, rules) : ruleError(collection, id, fault)
    }
    const faultOf = (content: string): Fault | undefined => recordFault(rules, scope.write, { id, content, size: utf8(content).length })
    const fault = faultOf(next)
    if (fault !== undefined && (this.#isWhole || before === null || faultOf(before) === undefined)) throw ruleError(collection, id, fault)
  }

  /**
   * Where the document would have more edits than one may: its content with the older half of them, as a put with the time of the newest of these.
   * So it takes the place of nothing that came later, whoever wrote that.
   */
  #folded(view: DocumentView): NewRecord | undefined {
    const { base, edits } = view
    const text = base === undefined ? null : ownContent(base)
    if (text === null || edits.length + this.#steps.length <= MAX_EDITS) return undefined
    const sorted = edits.toSorted(compareVersions)
    const cut = sorted[Math.min(sorted.length, MAX_EDITS / 2) - 1]
    if (cut === undefined) return undefined
    return this.#foldedUpTo(view, cut.at)
  }

  #foldedUpTo({ base, edits, losers }: Standing, until: number): NewRecord | undefined {
    const text = base === undefined ? null : ownContent(base)
    if (text === null) return undefined
    const older = edits.filter(({ at, erased }) => at <= until && erased === undefined)
    const content = mergedContent(
      text,
      older.map(({ at, hash, edit, own }) => ({ at, hash, path: edit?.path ?? [], content: own ?? '' })),
    )
    const { rules, collection, id, scope } = this.#init
    // As whole as that nobody would take it.
    const fault = rules && recordFault(rules, scope.write, { id, content, size: utf8(content).length })
    if (fault !== undefined) throw ruleError(collection, id, fault)
    return this.#put(content, until, { old: base, document: { base, edits: older, losers } })
  }

  #put(content: string, at: number, overwritten: Overwritten): NewRecord {
    const { scope, collection, id, author } = this.#init
    const by = author.identity.author
    const bytes = utf8(content)
    const digest = sha256(bytes)
    const prev = overwritten.old?.hash ?? null
    const exp = this.#exp
    const seen = seenByWriter({ at, by }, overwritten, author.clock)
    const put: PutRecord = { ...this.#base(at, prev), digest, size: bytes.length, ...seen }
    return { collection, id, at, by, prev, exp, content, kh: null, digest, hash: recordHash(scope, put), ...seen }
  }

  #base(at: number, prev: Uint8Array | null): Pick<PutRecord, 'at' | 'by' | 'del' | 'k' | 'prev' | 'exp'> {
    const by = this.#init.author.identity.author
    return { at, by, del: false, k: this.#key, ...(prev === null ? {} : { prev }), ...(this.#exp === null ? {} : { exp: this.#exp }) }
  }

  #edit({ change: { path }, content, isChanged, slot: edit }: Step, { old, view, document }: Edited): NewRecord | undefined {
    if (!isChanged || this.#isWhole || this.isStale) return undefined
    const { scope, collection, id, author } = this.#init
    const by = author.identity.author
    const digest = sha256(content)
    const prev = old?.hash ?? null
    // Each has a time of its own, so that what others have seen of them can be said one by one; in a row, which says that they are one change.
    const at = this.#at !== 0 ? this.#at : view === undefined ? author.clock.next(0) : view.newest + 1
    this.#at = 0
    const exp = this.#exp
    const seen = seenByWriter({ at, by }, { old, document: view, edit, settles: this.#init.settles }, author.clock)
    const put: PutRecord = { ...this.#base(at, prev), digest, size: utf8Length(content), path, ...seen }
    return {
      collection,
      id,
      at,
      by,
      prev,
      exp,
      content,
      kh: null,
      digest,
      hash: recordHash(scope, put),
      edit: { document, path },
      becomes: this.#becomes,
      ...seen,
    }
  }

  #end(view: DocumentView | undefined): undefined {
    if (view === undefined || this.#error !== undefined) return
    const isWritten = this.#isMade || this.#steps.some(({ isChanged }) => isChanged)
    this.#result = { status: isWritten ? 'written' : 'unchanged', seq: view.lastSeq, at: view.newest, cid: cidOfDigest(view.digest()) ?? '' }
  }
}

function fitsEdit({ content }: Step): boolean {
  return content.length * 3 <= MAX_EDIT_BYTES || utf8(content).length <= MAX_EDIT_BYTES
}

/** Whether a value is none of those that are the same as JSON. */
function isOther(value: Json | undefined, old: Json | undefined): boolean {
  const areObjects = typeof value === 'object' && typeof old === 'object' && value !== null && old !== null
  return areObjects ? canonicalJson(value) !== canonicalJson(old) : value !== old
}
