import type { Document } from '../../model/content.ts'
import { DocstoreError } from '../../errors.ts'
import type { CollectionRules } from '../../rules/collection-rules.ts'
import { faultText } from '../../rules/fault-text.ts'
import type { BadSchema } from '../../rules/read-rules.ts'
import type { Fault } from '../../rules/run.ts'

/** The error of a write that breaks a rule. Its details have `collection`, `_id`, `rule`, the keyword, and `path`, the names that lead to the fault. */
export function ruleError(collection: string, id: string, fault: Fault): DocstoreError {
  const { rule, path } = fault
  return new DocstoreError(
    'against-rules',
    `The document ${named(id)} breaks a rule of the collection "${collection}": ${faultText(fault)}. Nothing was written`,
    {
      details: { collection, _id: id, rule, path: [...path] },
    },
  )
}

/** The error of a write that would change what a document is named by, or name it otherwise. */
export function immutableError(collection: string, id: string, { settings }: CollectionRules, derived?: string): DocstoreError {
  const fields = settings.immutable ?? []
  const why = `In the collection "${collection}" a document is named by what never changes in it: ${fields.join(', ')}`
  const what =
    derived === undefined
      ? `An update cannot change that. Put the document with its new values, without _id: it is another one; then delete ${named(id)}`
      : `With these values its id is ${derived}, not ${named(id)}. Leave _id out; where the values changed it is another document, and the one of before can be deleted`
  return new DocstoreError('immutable-field', `${why}. ${what}`, {
    details: { collection, _id: id, fields: [...fields], ...(derived === undefined ? {} : { derived }) },
  })
}

/** The error of a document that breaks a rule by itself, whichever it is. */
export function documentError(
  collection: string,
  id: string,
  rules: CollectionRules,
  document: Document,
  prefix: string,
  fault: Fault,
): DocstoreError {
  return fault.rule === 'immutable' ? immutableError(collection, id, rules, prefix + rules.idOf(document)) : ruleError(collection, id, fault)
}

/** The error of a schema that cannot be judged by. */
export function schemaError({ collection, pointer, reason }: BadSchema): DocstoreError {
  const where = pointer === '' ? 'The schema' : `${JSON.stringify(pointer)} in the schema`
  return new DocstoreError('bad-rules', `${where} of the collection "${collection}" ${reason}`, { details: { collection, pointer } })
}

function named(id: string): string {
  return JSON.stringify(id.length > 80 ? `${id.slice(0, 80)}…` : id)
}
