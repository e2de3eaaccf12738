import { describe } from 'vitest'
import { commitsContract } from './storage/commits.ts'
import { explainContract } from './storage/explain.ts'
import { filesContract } from './storage/files.ts'
import { historyContract } from './storage/history.ts'
import type { OpenStorage } from './storage/test-on.ts'
import { lifeContract } from './storage/life.ts'
import { logsContract } from './storage/logs.ts'
import { modelContract } from './storage/model.ts'
import { oracleContract } from './storage/oracle.ts'
import { queriesContract } from './storage/queries.ts'
import { readingsContract } from './storage/readings.ts'
import { removalContract } from './storage/removal.ts'
import { sealsContract } from './storage/seals.ts'
import { textContract } from './storage/text.ts'
import { timesContract } from './storage/times.ts'
import { totalsContract } from './storage/totals.ts'
import { valuesContract } from './storage/values.ts'

export type { OpenedStorage, OpenStorage } from './storage/test-on.ts'

/** What every `Storage` has to do. `open` gives an empty one for each test. How queries are answered is a matter of the engine. */
export function storageContract(name: string, open: OpenStorage, engine: 'sqlite' | 'postgres' = 'sqlite'): void {
  describe(name, () => {
    valuesContract(open)
    commitsContract(open)
    sealsContract(open)
    queriesContract(open)
    readingsContract(open)
    oracleContract(open)
    textContract(open)
    explainContract(open, engine)
    totalsContract(open)
    timesContract(open)
    filesContract(open)
    historyContract(open)
    removalContract(open)
    lifeContract(open)
    logsContract(open)
    modelContract(open)
  })
}
