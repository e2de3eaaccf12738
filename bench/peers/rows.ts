/** A row of the table: what it says, and which direction is better. */
interface Row {
  readonly title: string
  readonly better: 'more' | 'less'
}

/** The rows, in the order of the table. */
export const ROWS = {
  putSingle: { title: 'put one by one, docs/s', better: 'more' },
  putBulk: { title: 'put in bulk, docs/s', better: 'more' },
  get: { title: 'get by id, /s', better: 'more' },
  index: { title: 'index two fields afterwards, ms', better: 'less' },
  equality: { title: 'equality, 100 results, ms', better: 'less' },
  range: { title: 'range + sort + limit 20, ms', better: 'less' },
  reopen: { title: 'reopen and read one, ms', better: 'less' },
  diskSingle: { title: 'disk after single puts, bytes/doc', better: 'less' },
  diskBulk: { title: 'disk after bulk puts, bytes/doc', better: 'less' },
  writerMemory: { title: 'peak memory of the writer, MB', better: 'less' },
  bulkSync: { title: 'first sync, source written in bulk, s', better: 'less' },
  bulkSyncBytes: { title: '… bytes on the wire, MB', better: 'less' },
  bulkSyncStart: { title: '… from process start, s', better: 'less' },
  singleSync: { title: 'first sync, source written one by one, s', better: 'less' },
  singleSyncBytes: { title: '… bytes on the wire, MB', better: 'less' },
  singleSyncStart: { title: '… from process start, s', better: 'less' },
  receiverMemory: { title: 'peak memory of the receiver, MB', better: 'less' },
  liveMedian: { title: 'live update, ms p50', better: 'less' },
  liveTail: { title: 'live update, ms p95', better: 'less' },
  missing: { title: '100 missing after reconnect, ms', better: 'less' },
  missingConnected: { title: '… from connected, ms', better: 'less' },
  missingBytes: { title: '… bytes on the wire, kB', better: 'less' },
  missingStart: { title: '… from process start, ms', better: 'less' },
  largeSync: { title: 'first sync of 100,000, s', better: 'less' },
  largeSyncBytes: { title: '… bytes on the wire, MB', better: 'less' },
  largeSyncStart: { title: '… from process start, s', better: 'less' },
  largeReceiverMemory: { title: '… peak memory of the receiver, MB', better: 'less' },
} as const satisfies Record<string, Row>

export type RowName = keyof typeof ROWS
export const ROW_NAMES = Object.keys(ROWS) as RowName[]
