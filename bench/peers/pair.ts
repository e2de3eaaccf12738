import { join } from 'node:path'
import { benchDocument } from '../documents.ts'
import type { Address } from './adapter.ts'
import { sleep } from './clock.ts'
import type { Round } from './round.ts'
import type { RowName } from './rows.ts'
import type { Setting } from './setting.ts'
import { WorkerProcess } from './worker-process.ts'

const WARM_UPS = 10
const UPDATES = 100
const MISSING = 100
/** Pause between live updates, so that each meets an idle receiver, milliseconds. */
const UPDATE_PAUSE_MS = 20
/** Longest way of one live update, milliseconds. */
const UPDATE_LIMIT_MS = 10_000
/** How long a store may finish what writing or copying left behind, milliseconds. */
const SETTLE_MS = 1000

/** The rows that a first sync fills. */
export interface SyncRows {
  readonly sync: RowName
  readonly bytes: RowName
  readonly start: RowName
  readonly memory?: RowName
}

/** The rows that follow the first sync. */
export const LIVE_ROWS: readonly RowName[] = ['liveMedian', 'liveTail']
export const MISSING_ROWS: readonly RowName[] = ['missing', 'missingConnected', 'missingBytes', 'missingStart']

/** What to measure between two processes: how the source is written, which rows the first sync fills, and whether live updates and a reconnect follow. */
interface PairInit {
  readonly bulk: boolean
  readonly rows: SyncRows
  readonly goOn: boolean
}

/** A source and a receiver, each in its process. */
export async function measurePair(round: Round, setting: Setting, { bulk, rows, goOn }: PairInit): Promise<void> {
  const { contestant, count, folder, limitMs } = setting
  const authors = count / 100
  const copy = join(folder, 'copy')
  await using source = new WorkerProcess(contestant, limitMs)
  await using receiver = new WorkerProcess(contestant, limitMs)
  let address: Address = {}

  const name = `first sync of ${count.toLocaleString('en')}, written ${bulk ? 'in bulk' : 'one by one'}`
  const synced = await round.step(name, Object.values(rows), async () => {
    address = await source.call('openSource', [join(folder, 'source')])
    await source.call('write', [{ from: 0, count, authors }, { bulk }])
    await sleep(SETTLE_MS)
    const { fromConnected, fromProcessStart, bytes } = await receiver.copy({ folder: copy, address, count, id: benchDocument(0)._id })
    const memory = await receiver.call('memory', [])
    return {
      [rows.sync]: fromConnected / 1000,
      [rows.bytes]: bytes / 1e6,
      [rows.start]: fromProcessStart / 1000,
      ...(rows.memory === undefined ? {} : { [rows.memory]: memory / 1e6 }),
    }
  })
  if (!goOn) return
  if (!synced) return round.leaveOut([...LIVE_ROWS, ...MISSING_ROWS], 'not run', 'the first sync did not end')

  await round.step('live updates', LIVE_ROWS, async () => {
    await sleep(SETTLE_MS)
    await receiver.call('watch', [])
    const times: number[] = []
    for (let i = 0; i < WARM_UPS + UPDATES; i++) {
      const document = benchDocument(count + i, authors)
      const began = await source.call('put', [document])
      const arrived = await receiver.call('arrival', [document._id], { limitMs: UPDATE_LIMIT_MS })
      if (i >= WARM_UPS) times.push(arrived - began)
      await sleep(UPDATE_PAUSE_MS)
    }
    times.sort((a, b) => a - b)
    return { liveMedian: times[UPDATES >> 1] ?? Number.NaN, liveTail: times[Math.floor(UPDATES * 0.95)] ?? Number.NaN }
  })

  await round.step(`${MISSING} missing after reconnect`, MISSING_ROWS, async () => {
    await receiver.close()
    const before = count + WARM_UPS + UPDATES
    await source.call('write', [{ from: before, count: MISSING, authors }, { bulk }])
    await sleep(SETTLE_MS)
    await using again = new WorkerProcess(contestant, limitMs)
    const id = benchDocument(before + MISSING - 1)._id
    const { fromOpened, fromConnected, fromProcessStart, bytes } = await again.copy({ folder: copy, address, count: before + MISSING, id })
    return { missing: fromOpened, missingConnected: fromConnected, missingBytes: bytes / 1000, missingStart: fromProcessStart }
  })
}
