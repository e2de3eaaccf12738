import { concatBytes } from '../../model/bytes.ts'
import { BytesMap } from '../../model/bytes-map.ts'
import { storedAct } from '../../model/people/act.ts'
import { bytes, bytesOrUndefined } from '../rows.ts'
import type { MovedLog } from '../storage.ts'
import type { StorageParts } from '../storage-parts.ts'
import { type LogNeed, OWN_LOGS, type StoredAct, type StoredLog } from './log-storage.ts'

const HASH_BYTES = 32

/** More tips than so many are not stored, but found among the acts: a log with thousands of them would write all with each act. */
const MAX_STORED_TIPS = 64
const MANY_TIPS: Uint8Array = Uint8Array.of(0)

/** Who needs what is added, see `LogStorage`. */
interface AddedNeed {
  readonly neededBy: number | undefined
  readonly urgent: boolean
  readonly told: boolean
}

/** The logs of a database. */
export class LogTables {
  readonly #parts: Pick<StorageParts, 'statements' | 'transactions' | 'totals'>

  constructor(parts: Pick<StorageParts, 'statements' | 'transactions' | 'totals'>) {
    this.#parts = parts
  }

  logs(): StoredLog[] {
    const rows = this.#parts.statements.own('SELECT log, genesis, tips FROM logs ORDER BY log').all()
    return rows.map((row) => {
      const [log, tips] = [bytes(row['log']), bytes(row['tips'])]
      return { log, genesis: bytesOrUndefined(row['genesis']), tips: tips.length === MANY_TIPS.length ? this.#tipsOf(log) : hashesOf(tips) }
    })
  }

  #tipsOf(log: Uint8Array): readonly Uint8Array[] {
    const acts = this.acts(log)
    const followed = new BytesMap<true>()
    for (const { bytes: act, signature } of acts) {
      const read = storedAct(act, signature)
      if (read.ok) for (const parent of read.value.act.parents) followed.set(parent, true)
    }
    return acts.filter(({ hash }) => !followed.has(hash)).map(({ hash }) => hash)
  }

  needs(): LogNeed[] {
    const rows = this.#parts.statements.own('SELECT n.ns, n.told, l.log FROM namespace_logs n JOIN logs l ON l.lid = n.lid').all()
    return rows.map(({ ns, log, told }) => ({ ns: Number(ns), log: bytes(log), told: told === 1 }))
  }

  acts(log: Uint8Array): StoredAct[] {
    const rows = this.#parts.statements
      .own('SELECT hash, bytes, signature FROM acts WHERE lid = (SELECT lid FROM logs WHERE log = ?) ORDER BY aid')
      .all(log)
    return rows.map((row) => ({ hash: bytes(row['hash']), bytes: bytes(row['bytes']), signature: bytes(row['signature']) }))
  }

  add({ log, genesis, tips }: StoredLog, acts: readonly StoredAct[], { neededBy, urgent, told }: AddedNeed): number[] {
    const { statements, transactions, totals } = this.#parts
    const add = (): number[] => {
      statements
        .own('INSERT INTO logs (log, genesis, tips) VALUES (?, ?, ?) ON CONFLICT (log) DO UPDATE SET tips = excluded.tips')
        .run(log, genesis ?? null, tipsColumn(tips))
      const lid = Number(statements.own('SELECT lid FROM logs WHERE log = ?').get(log)?.['lid'])
      this.#insert(lid, acts)
      const isNew = neededBy !== undefined && statements.own('SELECT 1 FROM namespace_logs WHERE ns = ? AND lid = ?').get(neededBy, lid) === undefined
      if (neededBy !== undefined)
        statements
          .own(
            'INSERT INTO namespace_logs (ns, lid, told) VALUES (?, ?, ?) ON CONFLICT (ns, lid) DO UPDATE SET told = namespace_logs.told * excluded.told',
          )
          .run(neededBy, lid, Number(told))
      const concerned = statements.own('SELECT ns FROM namespace_logs WHERE lid = ? AND ns <> ?').all(lid, OWN_LOGS)
      const namespaces = concerned.map(({ ns }) => Number(ns)).filter((ns) => acts.length > 0 || (isNew && ns === neededBy))
      for (const ns of namespaces) totals.moveOn(ns)
      return namespaces
    }
    return urgent ? transactions.reserved(add) : transactions.growing(add)
  }

  /** See `LogStorage.dropActs`. */
  dropActs({ log, tips }: StoredLog, hashes: readonly Uint8Array[]): number[] {
    const { statements, transactions, totals } = this.#parts
    return transactions.reserved(() => {
      const lid = statements.own('UPDATE logs SET tips = ? WHERE log = ? RETURNING lid').get(tipsColumn(tips), log)?.['lid']
      if (lid === undefined) return []
      const remove = statements.own('DELETE FROM acts WHERE lid = ? AND hash = ?')
      for (const hash of hashes) remove.run(Number(lid), hash)
      const concerned = statements.own('SELECT ns FROM namespace_logs WHERE lid = ? AND ns <> ?').all(Number(lid), OWN_LOGS)
      const namespaces = concerned.map(({ ns }) => Number(ns))
      for (const ns of namespaces) totals.moveOn(ns)
      return namespaces
    })
  }

  /** Calls a log something else; who needs it still does. Call inside a transaction. */
  restate({ before, log: { log, tips }, acts }: MovedLog): void {
    const { statements } = this.#parts
    const lid = statements.own('UPDATE logs SET log = ?, tips = ? WHERE log = ? RETURNING lid').get(log, tipsColumn(tips), before)?.['lid']
    if (lid === undefined) return
    statements.own('DELETE FROM acts WHERE lid = ?').run(Number(lid))
    this.#insert(Number(lid), acts)
  }

  #insert(lid: number, acts: readonly StoredAct[]): void {
    const insert = this.#parts.statements.own('INSERT INTO acts (lid, hash, bytes, signature) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
    for (const act of acts) insert.run(lid, act.hash, act.bytes, act.signature)
  }

  drop(log: Uint8Array): void {
    const { statements, transactions } = this.#parts
    transactions.reserved(() => {
      const found = statements
        .own('SELECT lid FROM logs l WHERE log = ? AND NOT EXISTS (SELECT 1 FROM namespace_logs n WHERE n.lid = l.lid)')
        .get(log)
      if (found === undefined) return
      statements.own('DELETE FROM acts WHERE lid = ?').run(Number(found['lid']))
      statements.own('DELETE FROM logs WHERE lid = ?').run(Number(found['lid']))
    })
  }
}

function tipsColumn(tips: readonly Uint8Array[]): Uint8Array {
  return tips.length > MAX_STORED_TIPS ? MANY_TIPS : concatBytes(...tips)
}

function hashesOf(joined: Uint8Array): Uint8Array[] {
  const hashes: Uint8Array[] = []
  for (let at = 0; at < joined.length; at += HASH_BYTES) hashes.push(joined.slice(at, at + HASH_BYTES))
  return hashes
}
