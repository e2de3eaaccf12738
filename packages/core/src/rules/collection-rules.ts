import { cidOfBytes, DAG_JSON } from '../model/encoding/cid.ts'
import { utf8 } from '../model/bytes.ts'
import type { CollectionSettings } from '../model/namespace/collection-settings.ts'
import { canonicalJson } from '../model/content.ts'
import type { EditPath } from '../model/edits/edit-path.ts'
import type { Json } from '../model/json/json-value.ts'
import { MAX_APPLICATIONS } from './limits.ts'
import { type Fault, Run, TooMuchWork } from './run.ts'
import type { Schema } from './schema.ts'

type Fields = Readonly<Record<string, Json>>

/** A document of which nothing is known yet but what it says. */
export interface JudgedDocument {
  readonly id: string
  readonly document: Fields
  /** Bytes of its canonical JSON. */
  readonly size: number
}

/** The rules of one collection, ready to judge by: by a document or an edit alone, never by what else is stored. */
export class CollectionRules {
  readonly settings: CollectionSettings
  readonly #schema: Schema | undefined
  readonly #immutable: ReadonlySet<string>

  constructor(settings: CollectionSettings, schema: Schema | undefined) {
    this.settings = settings
    this.#schema = schema
    this.#immutable = new Set(settings.immutable)
  }

  /** Whether documents get their ids from what is in them. */
  get derivesIds(): boolean {
    return this.#immutable.size > 0
  }

  /** The id that a document has to have; where each author has documents of their own, without the name in front. */
  idOf(document: Fields): string {
    const fields = Object.entries(document).filter(([name]) => this.#immutable.has(name))
    return cidOfBytes(DAG_JSON, utf8(canonicalJson(Object.fromEntries(fields)))).toString()
  }

  /** The first rule that a whole document breaks. `prefix` is what stands before the id that it derives. */
  judgeDocument({ id, document, size }: JudgedDocument, prefix = ''): Fault | undefined {
    if (this.derivesIds && id !== prefix + this.idOf(document)) return { path: ['_id'], rule: 'immutable', expected: [...this.#immutable] }
    return this.#judgeSize(size) ?? this.#judge((schema, run) => schema.apply(document, run, undefined))
  }

  /**
   * The first rule that an edit breaks, whatever the rest of the document says. What depends on other fields is left out: such a rule may be broken by
   * two edits together.
   */
  judgeEdit(path: EditPath, value: Json | undefined, size: number): Fault | undefined {
    const [first = ''] = path
    if (this.#immutable.has(first)) return { path: [first], rule: 'immutable', expected: [...this.#immutable] }
    return this.#judgeSize(size) ?? this.#judge((schema, run) => judgeField(schema, path, value, run))
  }

  #judgeSize(size: number): Fault | undefined {
    const { maxBytes } = this.settings
    return maxBytes === undefined || size <= maxBytes ? undefined : { path: [], rule: 'maxBytes', expected: maxBytes }
  }

  #judge(judge: (schema: Schema, run: Run) => boolean): Fault | undefined {
    if (this.#schema === undefined) return undefined
    const run = new Run()
    try {
      if (judge(this.#schema, run)) return undefined
    } catch (error) {
      if (!(error instanceof TooMuchWork)) throw error
      return { path: [], rule: 'work', expected: MAX_APPLICATIONS }
    }
    return run.fault ?? { path: [], rule: 'schema', expected: null }
  }
}

/** Judges a field by what all schemas on its path certainly say of it. */
function judgeField(schema: Schema, path: EditPath, value: Json | undefined, run: Run): boolean {
  let parents = certainly([schema])
  let isRight = true
  for (const [i, name] of path.entries()) {
    const place = placeOf(path.slice(0, i + 1))
    const isLast = i === path.length - 1
    for (const parent of parents) {
      run.spend(1)
      if (isLast && value === undefined && parent.required.has(name)) {
        run.blame(place, 'required', [name])
        isRight = false
      }
      if (value !== undefined && parent.names?.apply(name, run, place) === false) isRight = false
    }
    const children = parents.flatMap((parent) => parent.properties.get(name) ?? parent.additional ?? [])
    if (value !== undefined && children.some((child) => child.isNever)) {
      run.blame(place, 'additionalProperties', false)
      return false
    }
    if (!isLast) parents = certainly(children)
    else if (value !== undefined) for (const child of children) if (!child.apply(value, run, place)) isRight = false
  }
  return isRight
}

/** Schemas with all those by which the same value has to be too. */
function certainly(schemas: readonly Schema[]): readonly Schema[] {
  const all = new Set(schemas)
  // A set that grows is gone through to its end.
  for (const schema of all) for (const one of schema.certain) all.add(one)
  return [...all]
}

function placeOf(path: EditPath): { readonly within: ReturnType<typeof placeOf> | undefined; readonly name: string } | undefined {
  const name = path.at(-1)
  return name === undefined ? undefined : { within: placeOf(path.slice(0, -1)), name }
}
