import type { Misdeed } from '../admission/index.ts'
import { type Added, type Directory, isForgery } from './directory.ts'
import type { PackedEntry } from './messages.ts'
import { MAX_ENTRIES, MAX_ENTRIES_BYTES } from './limits.ts'

/** Bytes of an entry beside the packed structure itself, at most. */
const ENTRY_FRAME_BYTES = 32

/** Adds what a peer brought, and notes forgeries. */
export async function addAll(
  directory: Directory,
  entries: readonly PackedEntry[],
  source: string,
  onMisdeed: (misdeed: Misdeed) => void,
): Promise<readonly Added[]> {
  const all: Added[] = []
  for (const entry of entries) {
    const added = await directory.add(entry, source)
    if (isForgery(added)) onMisdeed('forged-entries')
    all.push(added)
  }
  return all
}

/** Entries for one message, from the first on, as many as fit; and how many slots were looked at. */
export function entriesIn(directory: Directory, slots: Uint8Array): { t: 'entries'; entries: readonly PackedEntry[]; taken: number } {
  const entries: PackedEntry[] = []
  let bytes = 0
  let taken = 0
  for (; taken * 16 < slots.length && entries.length < MAX_ENTRIES; taken++) {
    const entry = directory.at(slots.subarray(taken * 16, taken * 16 + 16))
    if (entry === undefined) continue
    bytes += entry.packed.length + ENTRY_FRAME_BYTES
    if (bytes > MAX_ENTRIES_BYTES) break
    entries.push({ kind: entry.kind, packed: entry.packed })
  }
  return { t: 'entries', entries, taken }
}

/** All steps at once: a directory is small. */
export function run<T>(steps: Generator<undefined, T, undefined>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
