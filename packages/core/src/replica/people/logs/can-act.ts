import { sha256 } from '#crypto'
import { equalBytes } from '../../../model/bytes.ts'
import { MAX_LOG_ACTS } from '../../../model/limits.ts'
import type { SignedAct } from '../../../model/people/act.ts'
import { keyOf, personOf, principalOf } from '../../../model/people/author.ts'
import type { PersonGenesis } from '../../../model/people/person.ts'
import { RESERVED_ACTS } from '../../limits.ts'
import type { KnownActs } from './known-acts.ts'

/** Who acts in a log from its beginning: the genesis of a person, or the owner of a namespace. */
export type Founder = PersonGenesis | { readonly owner: Uint8Array }

/** Whether the key of an author was ever a device of the person for whom it signs, by what is known of that person. */
export type EverDevice = (by: Uint8Array) => boolean

/**
 * Whether an act has a place in a log: what it follows is here, and its author is somebody who ever could act there. What strangers sign would never count, and
 * is not kept: also not what they sign in the name of a person.
 */
export function canAct(act: SignedAct, graph: KnownActs, founder: Founder, isDevice: EverDevice = () => false): boolean {
  if (!graph.canPlace(act)) return false
  const isFull = graph.size >= MAX_LOG_ACTS - RESERVED_ACTS
  if ('owner' in founder) {
    if (personOf(act.act.by) !== undefined && !isDevice(act.act.by)) return false
    const isOwner = equalBytes(principalOf(act.act.by), founder.owner)
    return isOwner ? graph.size < MAX_LOG_ACTS : !isFull && isManager(act, graph)
  }
  if (isRecovery(act, graph, founder)) return graph.size < MAX_LOG_ACTS
  return !isFull && isOwnDevice(act, graph, founder)
}

function isManager({ act: { by, via } }: SignedAct, graph: KnownActs): boolean {
  const grant = via && graph.get(via)?.act.do
  return grant?.type === 'grant' && equalBytes(grant.to, principalOf(by))
}

function isOwnDevice({ act: { by, via } }: SignedAct, graph: KnownActs, { device }: PersonGenesis): boolean {
  if (via === undefined) return equalBytes(keyOf(by), device)
  const addition = graph.get(via)?.act.do
  return addition?.type === 'add' && equalBytes(addition.key, keyOf(by))
}

function isRecovery({ act: { by, via } }: SignedAct, graph: KnownActs, { recovery }: PersonGenesis): boolean {
  if (via !== undefined) return false
  const commitment = sha256(keyOf(by))
  return graph.isRecoveryAfter(commitment, recovery)
}
