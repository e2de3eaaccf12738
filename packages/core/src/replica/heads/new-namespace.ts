import { DocstoreError } from '../../errors.ts'
import { type HeadBody, isHistoryDays } from '../../model/namespace/head-body.ts'
import { createGenesis, type DecodedGenesis, WRITE_POLICIES } from '../../model/namespace/namespace.ts'
import { isTitle } from '../../model/network/network.ts'
import { badName } from '../bad-name.ts'
import type { ReplicaGround } from '../ground.ts'
import { badHistory } from '../history/bad-history.ts'
import type { NamespaceInit } from '../types.ts'

/** What a new namespace begins with. Throws what is wrong with what is asked for. */
export async function newNamespace(
  { name, write, nonce, listed = false, collections: change, history, split: parts }: NamespaceInit,
  ground: ReplicaGround,
): Promise<{ readonly genesis: DecodedGenesis; readonly body: HeadBody }> {
  if (!isTitle(name)) throw badName()
  if (typeof listed !== 'boolean') throw new DocstoreError('bad-option', 'listed is true or false')
  if (!WRITE_POLICIES.some((known) => known === write)) {
    throw new DocstoreError('unsupported-policy', `There is no write policy ${JSON.stringify(write)}. Use owner, members, author or anyone`)
  }
  if (history !== undefined && !isHistoryDays(history)) throw badHistory()
  const split = parts === undefined ? undefined : (await import('../bad-split.ts')).splitOfParts(parts)
  const { network, identity } = ground
  const genesis = createGenesis({ net: network.cid, owner: identity, write, ...(nonce === undefined ? {} : { nonce }) })
  const plain: HeadBody = {
    title: name,
    ...(listed ? { listed } : {}),
    ...(history === undefined ? {} : { history }),
    ...(split === undefined ? {} : { split }),
  }
  if (change === undefined) return { genesis, body: plain }
  const { changedCollections } = await import('../changed-collections.ts')
  const { checkedRules } = await import('../rules/checked-collections.ts')
  const collections = changedCollections(undefined, change, { isNew: true })
  const body = { ...plain, ...(collections === undefined ? {} : { collections }) }
  await checkedRules(body, write, ground)
  return { genesis, body }
}
