import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contestant } from './contestants.ts'
import { measureLocal } from './local.ts'
import { LIVE_ROWS, measurePair, MISSING_ROWS, type SyncRows } from './pair.ts'
import type { Round } from './round.ts'
import type { Setting } from './setting.ts'

/** Documents of the large copy. */
const LARGE_COUNT = 100_000
/** Longest time of one step, milliseconds. The slowest peer that ends at all needs a third of it for 10,000 documents. */
const LIMIT_MS = 240_000

const BULK: SyncRows = { sync: 'bulkSync', bytes: 'bulkSyncBytes', start: 'bulkSyncStart' }
const SINGLE: SyncRows = { sync: 'singleSync', bytes: 'singleSyncBytes', start: 'singleSyncStart' }
const LARGE: SyncRows = { sync: 'largeSync', bytes: 'largeSyncBytes', start: 'largeSyncStart', memory: 'largeReceiverMemory' }
const MEMORY: Pick<SyncRows, 'memory'> = { memory: 'receiverMemory' }

/** One round of one contestant. What it cannot do is said, and the rest is measured. */
export async function measureRound(
  round: Round,
  contestant: Contestant,
  { count, large }: { readonly count: number; readonly large: boolean },
): Promise<void> {
  const { bulk: noBulk, pairs: noPairs, large: noLarge } = contestant.without ?? {}
  await inFolder(contestant, count, (setting) => measureLocal(round, setting))
  if (noPairs !== undefined) {
    round.leaveOut([...Object.values(BULK), ...Object.values(SINGLE), ...Object.values(MEMORY), ...LIVE_ROWS, ...MISSING_ROWS], 'not run', noPairs)
  } else if (noBulk !== undefined) {
    round.leaveOut(Object.values(BULK), 'none', noBulk)
    await inFolder(contestant, count, (setting) => measurePair(round, setting, { bulk: false, rows: { ...SINGLE, ...MEMORY }, goOn: true }))
  } else {
    await inFolder(contestant, count, (setting) => measurePair(round, setting, { bulk: false, rows: SINGLE, goOn: false }))
    await inFolder(contestant, count, (setting) => measurePair(round, setting, { bulk: true, rows: { ...BULK, ...MEMORY }, goOn: true }))
  }
  if (!large) return
  const tooLarge = noPairs ?? noLarge
  if (tooLarge !== undefined) round.leaveOut(Object.values(LARGE), 'not run', tooLarge)
  else await inFolder(contestant, LARGE_COUNT, (setting) => measurePair(round, setting, { bulk: true, rows: LARGE, goOn: false }))
}

async function inFolder(contestant: Contestant, count: number, work: (setting: Setting) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-peers-'))
  try {
    await work({ contestant, count, folder, limitMs: LIMIT_MS })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
