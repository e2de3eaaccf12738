import { DatabaseSync } from 'node:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { blockCid } from '../../files/file-cid.ts'
import { addNamespace, put } from '../../testing/storage/fixtures.ts'
import { openNodeDriver } from '../drivers/sqlite-node.ts'
import { openNodeStorage } from '../open-node.ts'
import { Statements } from '../statements.ts'
import { FileTables } from './file-tables.ts'

it('a file is looked up with one reference of a namespace, however many of its documents name it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'file-tables-'))
  const path = join(folder, 'data')
  try {
    const cid = blockCid({ level: 0 }, sha256('a')).toString()
    const storage = openNodeStorage(path)
    const [ns, other] = [await addNamespace(storage), await addNamespace(storage, 'other')]
    const names = (size: number) => ['b', 'a', 'c'].map((id) => put({ collection: 'files', id: `${size}${id}/${cid}`, fields: { size } }))
    await storage.commit(ns, [...names(5), ...names(7)])
    await storage.commit(other, names(7))
    await storage.close()

    const driver = openNodeDriver(path)
    const asked = new Set<string>()
    const prepare = driver.prepare.bind(driver)
    driver.prepare = (sql) => {
      asked.add(sql)
      return prepare(sql)
    }
    const statements = new Statements(driver)
    const files = new FileTables({
      statements,
      growing: (work) => work(),
      shrinking: (work) => work(),
      clearing: (work) => work(),
      giveBack: () => false,
      onRead: () => undefined,
    })
    expect([files.named(ns, cid), files.named(other, cid)]).toEqual([
      { cid, id: `5a/${cid}`, size: 5, state: 'partial' },
      { cid, id: `7a/${cid}`, size: 7, state: 'partial' },
    ])
    const partial = files.partial(0, 10)
    expect(partial.map(({ size, ns }) => [size, ns])).toEqual([
      [5, ns],
      [7, ns],
      [7, other],
    ])
    expect(files.partial(partial[0]?.file ?? 0, 1).map(({ size }) => size)).toEqual([7, 7])
    driver.close()

    // Each reference that is read is a single one that an index leads to: none of the loops goes through all of a file's.
    const database = new DatabaseSync(path)
    for (const sql of asked) {
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { id: number; parent: number; detail: string }[]
      const byId = new Map(plan.map((step) => [step.id, step]))
      const looks = plan.filter(({ detail }) => /\br USING/.test(detail))
      expect(looks.length).toBeGreaterThan(0)
      // Nor are all sizes that documents give a CID gathered and sorted.
      if (sql.includes('cid = ?2')) expect(plan.filter(({ detail }) => detail.includes('TEMP B-TREE'))).toEqual([])
      for (const { parent } of looks) expect(byId.get(parent)?.detail).toMatch(/^CORRELATED SCALAR SUBQUERY/)
    }
    database.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
