import { utf8 } from '../../model/bytes.ts'
import type { CollectionRules } from '../../rules/collection-rules.ts'
import { faultText } from '../../rules/fault-text.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { BrokenRule } from '../types.ts'
import { recordFault } from './record-fault.ts'

/** The first rule that a document breaks as it stands, with all of its edits. */
export function brokenRule({ scope }: OpenNamespace, rules: CollectionRules, id: string, content: string): BrokenRule | undefined {
  const fault = recordFault(rules, scope.write, { id, content, size: utf8(content).length })
  return fault && { rule: fault.rule, path: fault.path, text: faultText(fault) }
}
