import { equalBytes, toHex } from '../../model/bytes.ts'
import { SLOT_BYTES } from '../../model/record.ts'
import type { Compared } from '../../placement/repair/repair.ts'
import { decodeQuestion, decodeReply } from '../../sets/ranges.ts'
import { answer, compareReply, firstQuestion, type Steps } from '../../sets/reconcile.ts'
import type { SeededRandom } from '../random.ts'
import type { Character } from './character.ts'
import type { SimRecord } from './sim-record.ts'
import type { SimStore } from './sim-store.ts'
import type { Host, Wires } from './wires.ts'

/** Questions of one comparison. */
const MAX_ROUNDS = 12

/** One of two relays that compare. */
export interface Side extends Host {
  readonly character: Character
  readonly store: SimStore
  /** Takes a record; whether it has it now, or a newer one. */
  take(record: SimRecord): boolean
}

/** Two relays that make one sector equal. */
interface Comparison {
  readonly self: Side
  readonly other: Side
  readonly sector: number
  readonly wires: Wires
  readonly random: SeededRandom
  readonly moved: { records: number }
}

/** Makes a sector equal at two relays with the reconciliation of sync, over wires that lose messages, and says how it ended. */
export function compareSectors({ self, other, sector, wires, random, moved }: Comparison, done: (how: Compared) => void): void {
  let isFull = false
  const finish = (): void =>
    wires.ask(
      self,
      other,
      () => printOf(other, self, sector),
      (print) => {
        const isEqual = print !== undefined && equalBytes(print, self.store.print(sector))
        done(isEqual ? 'clean' : isFull ? 'no-room' : 'failed')
      },
    )
  const round = (bytes: Uint8Array, left: number): void => {
    const question = decodeQuestion(bytes)
    if (!question.ok || left === 0) return done('failed')
    wires.ask(
      self,
      other,
      () => (other.character === 'keeps-nothing' ? undefined : run(answer(other.store.tree(sector), question.value, random.next))),
      (reply) => {
        if (reply === undefined) return finish()
        const decoded = decodeReply(reply, question.value)
        if (!decoded.ok) return done('failed')
        const { next, need, have } = run(compareReply(self.store.tree(sector), question.value, decoded.value, random.next))
        const goOn = (): void => (next === undefined ? finish() : round(next, left - 1))
        if (have.length === 0 && need.length === 0) return goOn()
        const given = slotsOf(have).flatMap((id) => self.store.get({ sector, id }) ?? [])
        const exchange = (): readonly SimRecord[] => {
          for (const record of given) if (other.take(record)) moved.records++
          return slotsOf(need).flatMap((id) => other.store.get({ sector, id }) ?? [])
        }
        wires.ask(self, other, exchange, (got) => {
          if (got === undefined) return done('failed')
          for (const record of got)
            if (self.take(record)) moved.records++
            else isFull = true
          goOn()
        })
      },
    )
  }
  round(firstQuestion(self.store.tree(sector), random.next), MAX_ROUNDS)
}

/** Who keeps nothing says that it is equal. */
function printOf(other: Side, self: Side, sector: number): Uint8Array {
  return (other.character === 'keeps-nothing' ? self : other).store.print(sector)
}

function run<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

function slotsOf(slots: Uint8Array): readonly string[] {
  return Array.from({ length: slots.length / SLOT_BYTES }, (_, i) => toHex(slots.subarray(i * SLOT_BYTES, (i + 1) * SLOT_BYTES)))
}
