import { toHex } from '../../model/bytes.ts'
import { didOf } from '../../model/keys/identity.ts'
import { keyOf } from '../../model/people/author.ts'
import type { SignedAct } from '../../model/people/act.ts'
import { headHistory, pastHead } from '../heads/head-history.ts'
import type { ReplicaGround } from '../ground.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { NamespaceEvent } from '../types.ts'
import { principalId } from './principal-id.ts'

/** Who changed a namespace and who granted and took which role there, and when, as far as it is known here, by the times that they say. */
export async function namespaceHistory(
  { storage, people }: Pick<ReplicaGround, 'storage' | 'people'>,
  open: OpenNamespace,
): Promise<readonly NamespaceEvent[]> {
  const heads = await headHistory(storage, open.id)
  const events: NamespaceEvent[] = (heads.length === 0 ? [pastHead(undefined, open.head)] : heads).map(({ by, ...head }) => ({
    type: 'head',
    ...signer(by),
    ...head,
    counts: true,
  }))
  const known = open.scope.write === 'members' ? await people.load() : undefined
  const roles = await known?.roles(open)
  const log = open.genesis.cid.multihash.digest
  if (known !== undefined && roles !== undefined && known.logs.get(log) !== undefined)
    for (const signed of (await known.logs.graph(log)).acts) events.push(...eventsOf(signed, roles.standing.has(toHex(signed.hash))))
  return events.sort((a, b) => a.at - b.at)
}

function signer(by: Uint8Array): Pick<NamespaceEvent, 'by' | 'key'> {
  return { by: principalId(by), key: didOf(keyOf(by)) }
}

function eventsOf({ act: { by, at, do: content } }: SignedAct, counts: boolean): NamespaceEvent[] {
  const common = { ...signer(by), at, counts }
  if (content.type === 'grant') {
    const { to, ...granted } = content
    return [{ ...common, ...granted, who: principalId(to) }]
  }
  if (content.type === 'dismiss')
    return [{ ...common, type: 'dismiss', who: principalId(content.who), until: content.until, isVoid: content.void === true }]
  return content.type === 'remove' ? [{ ...common, type: 'remove', records: content.records.length }] : []
}
