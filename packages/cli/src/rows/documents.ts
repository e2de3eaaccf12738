import { contentId, DocstoreError, errorCode, errorMessage } from '@p2p-docstore/core'
import { MAX_LISTED } from '../limits.ts'
import { placeOf, type Row, type RowGroup } from './row.ts'
import { type DocumentOptions, type MadeDocument, type RowDocument, toDocument } from './to-document.ts'
import { ToldRows } from './told-rows.ts'

/** How the rows of a file become documents. */
export interface DocumentsOptions extends DocumentOptions {
  /** Whether equal rows are one document. */
  readonly isDistinct: boolean
  /** Whether rows that cannot be documents are passed over. */
  readonly skipInvalid: boolean
  /** Whether the rules of the collection give documents their ids. */
  readonly derivesIds?: boolean
}

/** Something that the person should know of one row. */
export interface RowNote {
  readonly place: string
  readonly text: string
}

/**
 * Makes documents of rows, and knows of each row that gives none. Equal rows stay rows: the n-th has an id that follows from its
 * content and n, so that importing the file again changes nothing. Of rows with the same id of their own, the first counts.
 */
export class Documents {
  readonly #options: DocumentsOptions
  readonly #ids = new ToldRows()
  #repeated = 0
  #refused = 0
  #equal = 0
  readonly #repeats: RowNote[] = []
  readonly #refusals: RowNote[] = []

  constructor(options: DocumentsOptions) {
    this.#options = options
  }

  /** Rows that gave no document because one before them had the same id, or, merged, the same content. */
  get repeated(): number {
    return this.#repeated
  }

  /** Rows that were passed over. */
  get refused(): number {
    return this.#refused
  }

  /** Rows that are equal to one before them and became documents of their own. */
  get equal(): number {
    return this.#equal
  }

  /** The first of those rows. */
  get repeats(): readonly RowNote[] {
    return this.#repeats
  }

  /** The first rows that were passed over, and why. */
  get refusals(): readonly RowNote[] {
    return this.#refusals
  }

  /** The documents of a group of rows: all at once, before any is used, where the group is one value. Throws what is wrong with a row. */
  *of({ rows, isWhole }: RowGroup): Generator<RowDocument> {
    if (isWhole) {
      const documents: RowDocument[] = []
      for (const row of rows) {
        const document = this.#make(row)
        if (document !== undefined) documents.push(document)
      }
      yield* documents
    } else {
      for (const row of rows) {
        const document = this.#make(row)
        if (document !== undefined) yield document
      }
    }
  }

  /** Where the collection derives ids, a row has one only where it names it. */
  #named(fields: MadeDocument['fields'], id: string, content: string | undefined): RowDocument {
    return this.#options.derivesIds === true && content !== undefined ? fields : { ...fields, _id: id }
  }

  #make(row: Row): RowDocument | undefined {
    const { skipInvalid, isDistinct } = this.#options
    let made: ReturnType<typeof toDocument>
    try {
      made = toDocument(row, this.#options)
    } catch (error) {
      if (!skipInvalid || errorCode(error) === 'too-many-rows') throw error
      this.#refused++
      if (this.#refusals.length < MAX_LISTED) this.#refusals.push({ place: placeOf(row), text: errorMessage(error) })
      return undefined
    }
    const { id, fields, content } = made
    if (content !== undefined && !isDistinct) {
      const n = this.#ids.count(id, true)
      if (n > 1) this.#equal++
      return this.#named(fields, n === 1 ? id : contentId(`${content}\n${n}`), content)
    }
    const first = this.#ids.tell(id, content !== undefined, row.at)
    if (first === undefined) return this.#named(fields, id, content)
    this.#repeated++
    const what = content === undefined ? `has the _id ${JSON.stringify(id.slice(0, 80))} of` : 'is equal to'
    if (this.#repeats.length < MAX_LISTED) this.#repeats.push({ place: placeOf(row), text: `${what} ${placeOf({ unit: row.unit, at: first })}` })
    return undefined
  }
}

/** An error that says how much was stored before it. */
export function withWritten(error: unknown, written: number): DocstoreError {
  // The rows before the mistake are documents already; whoever reads the message wants to know.
  const kept = written === 0 ? 'Nothing was written' : `${written} documents before it were written`
  return DocstoreError.passedOn(errorCode(error), `${errorMessage(error)}. ${kept}`, { cause: error, details: { written } })
}
