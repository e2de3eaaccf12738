import { utf8 } from '../../model/bytes.ts'
import type { Document } from '../../model/content.ts'
import type { CollectionRules } from '../../rules/collection-rules.ts'
import { faultText } from '../../rules/fault-text.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { BrokenPage, BrokenRule, ReplicaReads } from '../types.ts'
import { recordFault } from './record-fault.ts'

/** The first rule that a document breaks as it stands, with all of its edits. */
export function brokenRule({ scope }: OpenNamespace, rules: CollectionRules, id: string, content: string): BrokenRule | undefined {
  const fault = recordFault(rules, scope.write, { id, content, size: utf8(content).length })
  return fault && { rule: fault.rule, path: fault.path, text: faultText(fault) }
}

/** One page of the documents that break a rule. */
export async function brokenDocuments(
  reads: Pick<ReplicaReads, 'find'>,
  { open, collection, rules }: { readonly open: OpenNamespace; readonly collection: string; readonly rules: CollectionRules | undefined },
  { ids, after, limit }: Parameters<ReplicaReads['broken']>[2],
): Promise<BrokenPage> {
  if (rules === undefined) return { documents: [] }
  const filter = ids === undefined ? {} : { _id: { $in: ids } }
  // What changes meanwhile may break a rule by that.
  const { contents, cursor } = await reads.find(open.id, collection, { filter, cursor: after, limit, withChanges: true })
  const documents = contents.flatMap((content) => {
    const { _id: id } = JSON.parse(content) as Document
    const breaks = brokenRule(open, rules, id, content)
    return breaks === undefined ? [] : [{ id, breaks }]
  })
  return { documents, ...(cursor === undefined ? {} : { after: cursor }) }
}
