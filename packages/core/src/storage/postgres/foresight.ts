import { toHex } from '../../model/bytes.ts'
import { SELECT } from '../records/record-table.ts'
import { storedRecord } from '../rows.ts'
import type { Statements } from '../statements.ts'
import type { CommitEntry, StoredRecord } from '../storage.ts'

/** Slots that are looked up together. */
const SLOTS_AT_ONCE = 64
const BY_SLOTS = `${SELECT} WHERE r.ns = ? AND r.slot IN (${Array(SLOTS_AT_ONCE).fill('?').join(', ')})`

/** Asks at once what holds the slots of a commit, see `EngineParts`. */
export function foresee(
  statements: Statements,
  ns: number,
  entries: readonly CommitEntry[],
): ((slot: Uint8Array) => { readonly record: StoredRecord | undefined } | undefined) | undefined {
  // Documents with edits are read whole, each for itself.
  if (entries.length < 2 || statements.own('SELECT edited FROM namespaces WHERE ns = ?').get(ns)?.['edited'] === 1) return undefined
  const slots = entries.map(({ slot }) => slot)
  const found = new Map<string, StoredRecord | undefined>(slots.map((slot) => [toHex(slot), undefined]))
  for (let at = 0; at < slots.length; at += SLOTS_AT_ONCE) {
    // Always as many, so that it is one statement: the last one stands for those that there are not.
    const wanted = Array.from({ length: SLOTS_AT_ONCE }, (_, i) => slots[at + i] ?? slots.at(-1) ?? null)
    for (const row of statements.own(BY_SLOTS).all(ns, ...wanted)) {
      const record = storedRecord(row)
      found.set(toHex(record.slot), record)
    }
  }
  return (slot) => {
    const key = toHex(slot)
    if (!found.has(key)) return undefined
    const record = found.get(key)
    // What is written there next, it does not say.
    found.delete(key)
    return { record }
  }
}
