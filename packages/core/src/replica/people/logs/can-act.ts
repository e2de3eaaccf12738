import { sha256 } from '#crypto'
import { equalBytes, toHex } from '../../../model/bytes.ts'
import { MAX_LOG_ACTS } from '../../../model/limits.ts'
import type { SignedAct } from '../../../model/people/act.ts'
import { keyOf, personOf, principalOf } from '../../../model/people/author.ts'
import type { PersonGenesis } from '../../../model/people/person.ts'
import type { PersonState } from '../../../model/people/person-state.ts'
import { LAST_ACTS, RESERVED_ACTS } from '../../limits.ts'
import type { KnownActs } from './known-acts.ts'

/** Who acts in a log from its beginning: the genesis of a person, or the owner of a namespace. */
export type Founder = PersonGenesis | { readonly owner: Uint8Array }

/** Whether the key of an author was ever a device of the person for whom it signs, by what is known of that person. */
export type EverDevice = (by: Uint8Array) => boolean

/** What is known of who signs, beyond the log itself. */
export interface KnownSigners {
  readonly isDevice?: EverDevice
  /** Whether a recovery key let a device in, and no other device: that is the owner's own, whatever was stolen. */
  readonly isLetInByRecovery?: EverDevice
  /** Recovery keys that have all the room that is kept for such; where it is left out, all that were ever named. */
  readonly reigning?: ReigningKeys | undefined
}

/** The recovery key of now, and those that it named: former ones, which others can have found, must not take the room of these. */
export class ReigningKeys {
  readonly #commitments: Set<string>

  constructor({ recovery, proposed }: Pick<PersonState, 'recovery' | 'proposed'>) {
    this.#commitments = new Set([recovery, ...proposed].map(toHex))
  }

  has(key: Uint8Array): boolean {
    return this.#commitments.has(toHex(sha256(key)))
  }

  /** Takes up an act that was taken. */
  note({ act: { by, via, do: content } }: SignedAct): void {
    if (content.type === 'rotate' && via === undefined && this.has(keyOf(by))) this.#commitments.add(toHex(content.next))
  }
}

/** Whether a log takes nothing more but of those for whom room is kept. */
export function isFilled(acts: number): boolean {
  return acts >= MAX_LOG_ACTS - RESERVED_ACTS
}

/**
 * Whether an act has a place in a log: what it follows is here, and its author is somebody who ever could act there. What strangers sign would never count, and
 * is not kept: also not what they sign in the name of a person.
 */
export function canAct(act: SignedAct, graph: KnownActs, founder: Founder, signers: KnownSigners = {}): boolean {
  if (!graph.canPlace(act) || graph.size >= MAX_LOG_ACTS) return false
  const { isDevice = NOBODY, isLetInByRecovery = NOBODY, reigning } = signers
  const isFull = isFilled(graph.size)
  if ('owner' in founder) {
    if (personOf(act.act.by) !== undefined && !isDevice(act.act.by)) return false
    const isOwner = equalBytes(principalOf(act.act.by), founder.owner)
    if (!isOwner) return !isFull && isManager(act, graph)
    // Who has a stolen device of the owner fills the log up to here, and not for whoever comes back with the words.
    const isLast = graph.size >= MAX_LOG_ACTS - LAST_ACTS
    return !isLast || personOf(act.act.by) === undefined || isLetInByRecovery(act.act.by)
  }
  if (isRecovery(act, graph, founder)) return !isFull || reigning === undefined || reigning.has(keyOf(act.act.by))
  return !isFull && isOwnDevice(act, graph, founder)
}

const NOBODY: EverDevice = () => false

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
