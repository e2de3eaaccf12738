import { DocstoreError } from '../../errors.ts'
import type { CollectionSettings } from '../../model/namespace/collection-settings.ts'
import type { CollectionRules } from '../../rules/collection-rules.ts'
import { hasUnique, type HeadBody } from '../../model/namespace/head-body.ts'
import type { WritePolicy } from '../../model/namespace/namespace.ts'
import type { ReplicaGround } from '../ground.ts'
import { REMOVE_PAGE } from '../limits.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import { faultText } from '../../rules/fault-text.ts'
import type { HeadRules } from '../../rules/read-rules.ts'
import { storedFault } from './record-fault.ts'
import { schemaError } from './rule-error.ts'

/** Documents that an error names. */
const MAX_EXAMPLES = 10

/** The rules of a body that is about to be signed. Throws `bad-rules` for what others would refuse. */
export async function checkedRules(body: HeadBody, write: WritePolicy, { rules: known }: Pick<ReplicaGround, 'rules'>): Promise<HeadRules> {
  const { title, collections } = body
  if (write !== 'owner' && hasUnique(body))
    throw new DocstoreError(
      'bad-rules',
      `Values can only be unique where one writer writes: in a namespace with the policy "owner". In "${title}" two people could take one while they do not see each other`,
    )
  if (collections === undefined) return new Map()
  const rules = await known.read(collections)
  if ('reason' in rules) throw schemaError(rules)
  for (const [collection, settings] of Object.entries(collections)) checkTyped(collection, settings, rules.get(collection))
  return rules
}

/** Throws `bad-rules` for what no document of the type could keep. */
function checkTyped(collection: string, { type, schema, immutable, unique }: CollectionSettings, rules: CollectionRules | undefined): void {
  if (type === undefined) return
  const reason =
    immutable !== undefined
      ? `no rule says what documents of the type ${type} are named by`
      : type === 'crdt' && (schema !== undefined || unique !== undefined)
        ? 'nobody looks into the parts of shared documents'
        : type === 'map' && rules?.judgeDocument({ id: 'x', document: { _id: 'x' }, size: 11 }) !== undefined
          ? 'a document of a map begins without fields, so none can be required'
          : undefined
  if (reason !== undefined) throw new DocstoreError('bad-rules', `The rules of the collection "${collection}" do not go with its type: ${reason}`)
}

/**
 * Throws `documents-against-rules` where something that is stored breaks rules: everybody would remove it. A version that lost is no document, and is told
 * apart: whoever changes the document does not change that.
 */
export async function checkStored(
  open: OpenNamespace,
  rules: HeadRules,
  { storage, pause }: Pick<ReplicaGround, 'storage' | 'pause'>,
): Promise<void> {
  if (rules.size === 0) return
  const documents = new Map<string, object>()
  const conflicts: object[] = []
  let lost = 0
  let first: string | undefined
  for (let since = 0; ; ) {
    const records = await storage.recordsSince(open.ns, since, REMOVE_PAGE)
    const last = records.at(-1)
    if (last === undefined) break
    for (const record of records) {
      const fault = storedFault(rules, open.genesis.genesis.write, record)
      const { collection, id } = record
      if (fault === undefined || collection === null || id === null) continue
      // A change of a document that was deleted is a conflict of that.
      const isLost = record.lost !== undefined || (record.edit !== undefined && (await storage.get(open.ns, collection, id)) === undefined)
      if (isLost) lost++
      const found = { collection, _id: id, rule: fault.rule, path: [...fault.path], text: faultText(fault) }
      if (!isLost) documents.set(`${collection}/${id}`, found)
      else if (conflicts.length < MAX_EXAMPLES) conflicts.push({ ...found, isConflict: true })
      first ??= `${collection}/${id}`
    }
    since = last.seq
    await pause()
  }
  if (documents.size + lost === 0) return
  const examples = [...documents.values(), ...conflicts].slice(0, MAX_EXAMPLES)
  const count = documents.size + lost
  const what =
    documents.size === 0
      ? `${lost === 1 ? 'A version' : `${lost} versions`} of documents that lost, and nobody has settled yet,`
      : `${documents.size === 1 ? 'One document' : `${documents.size} documents`}${lost === 0 ? '' : `, and ${lost} versions that lost,`}`
  throw new DocstoreError(
    'documents-against-rules',
    `${what} that ${count === 1 ? 'is' : 'are'} here would break these rules, and be removed everywhere: ${JSON.stringify(first)}, for one. Nothing was changed. Change the documents or the rules,${lost === 0 ? '' : ' settle the conflicts (resolve),'} or say that they may go, with force (--force)`,
    { details: { documents: documents.size, conflicts: lost, examples } },
  )
}
