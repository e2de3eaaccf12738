import { toHex } from '../model/bytes.ts'
import { SLOT_BYTES } from '../model/record.ts'
import { decodeQuestion, decodeReply } from '../sets/ranges.ts'
import { answer, compareReply, type Difference, firstQuestion, type Steps } from '../sets/reconcile.ts'
import { SummedTree, type TreeEntry } from '../sets/summed-tree.ts'

/** What a reconciliation cost. */
export interface ReconciliationCost {
  readonly rounds: number
  readonly bytes: number
  /** Bytes of the largest message. */
  readonly largest: number
}

/** How to run a reconciliation. */
export interface ReconciliationInit {
  readonly random: () => number
  /** The first question, where it is not the usual one. */
  readonly question?: Uint8Array
  readonly onMessage?: (message: Uint8Array, kind: 'question' | 'reply') => void
  /** Called with what each reply told. */
  readonly onDifference?: (difference: Difference) => void
}

/** More rounds than any reconciliation may need. */
const MAX_ROUNDS = 1000

/** Asks and answers until nothing is open; throws where a message cannot be read or there is no end. */
export function reconcile(mine: SummedTree, theirs: SummedTree, init: ReconciliationInit): ReconciliationCost {
  const { random, onMessage, onDifference } = init
  let [rounds, bytes, largest] = [0, 0, 0]
  const send = (message: Uint8Array, kind: 'question' | 'reply'): void => {
    bytes += message.length
    largest = Math.max(largest, message.length)
    onMessage?.(message, kind)
  }
  for (let next: Uint8Array | undefined = init.question ?? firstQuestion(mine, random); next !== undefined; rounds++) {
    if (rounds === MAX_ROUNDS) throw new Error(`no end after ${MAX_ROUNDS} rounds`)
    send(next, 'question')
    const question = decodeQuestion(next)
    if (!question.ok) throw new Error(`the question is ${question.reason}`)
    const replyBytes = finish(answer(theirs, question.value, random))
    send(replyBytes, 'reply')
    const reply = decodeReply(replyBytes, question.value)
    if (!reply.ok) throw new Error(`the reply is ${reply.reason}`)
    const difference = finish(compareReply(mine, question.value, reply.value, random))
    onDifference?.(difference)
    next = difference.next
  }
  return { rounds, bytes, largest }
}

/** Runs steps to their end. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Slots of a list, as text. */
export function slotsOf(bytes: Uint8Array): string[] {
  return Array.from({ length: bytes.length / SLOT_BYTES }, (_, i) => toHex(bytes.subarray(i * SLOT_BYTES, (i + 1) * SLOT_BYTES)))
}

/** What each side lacks, found by a reconciliation in which nothing is moved. */
export function findDifferences(
  mine: SummedTree,
  theirs: SummedTree,
  init: ReconciliationInit,
): ReconciliationCost & { need: string[]; have: string[] } {
  const [need, have] = [new Set<string>(), new Set<string>()]
  const onDifference = (difference: Difference): void => {
    for (const slot of slotsOf(difference.need)) need.add(slot)
    for (const slot of slotsOf(difference.have)) have.add(slot)
    init.onDifference?.(difference)
  }
  const cost = reconcile(mine, theirs, { ...init, onDifference })
  return { ...cost, need: [...need].sort(), have: [...have].sort() }
}

/** A tree of entries, the last one where a slot comes twice. */
export function treeOf(entries: Iterable<TreeEntry>): SummedTree {
  const tree = new SummedTree()
  for (const { slot, hash, at } of entries) tree.set(slot, hash, at)
  return tree
}
