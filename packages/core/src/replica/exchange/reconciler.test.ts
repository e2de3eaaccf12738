import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openNodeStorage } from '../../storage/open-node.ts'
import { openNodeDriver } from '../../storage/sqlite-node.ts'
import { openReplica } from '../open-replica.ts'

const content = (id: string, n: number) => ({ id, content: `{"_id":"${id}","n":${n}}` })

it('a summary is that of the tree, and a wrong one is found and put right', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'docstore-summary-'))
  const path = join(folder, 'docstore.sqlite')
  try {
    const replica = await openReplica(openNodeStorage(path))
    const [{ id: good }, { id: bad }] = [
      await replica.createNamespace({ name: 'good', write: 'owner' }),
      await replica.createNamespace({ name: 'bad', write: 'owner' }),
    ]
    const empty = await replica.summary(good)
    expect(empty).toMatchObject({ count: 0, seq: 0 })
    for (const ns of [good, bad]) {
      await replica.write(
        ns,
        'notes',
        Array.from({ length: 300 }, (_, i) => content(`${i}`, 0)),
      )
      for (let i = 0; i < 20; i++) await replica.write(ns, 'notes', [content(`${i * 3}`, 1)])
      await replica.write(ns, 'notes', [{ id: '7', content: null }])
    }
    const right = await replica.summary(bad)
    expect(right).toMatchObject({ count: 300, seq: 321 })
    expect(right.root).not.toBe(empty.root)
    expect(await replica.checkSummaries()).toEqual([])
    await replica.close()

    const driver = openNodeDriver(path)
    driver.exec('UPDATE totals SET sum = zeroblob(40) WHERE ns = 2')
    driver.close()
    const again = await openReplica(openNodeStorage(path))
    expect(await again.summary(bad)).not.toEqual(right)
    expect(await again.checkSummaries()).toEqual([bad])
    expect(await again.summary(bad)).toEqual(right)
    expect(await again.checkSummaries()).toEqual([])
    await again.close()
  } finally {
    await rm(folder, { recursive: true })
  }
})
