import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { benchDocument } from '../documents.ts'
import type { Setting } from './setting.ts'
import type { Round } from './round.ts'
import { WorkerProcess } from './worker-process.ts'

/** Everything that one process does alone. */
export async function measureLocal(round: Round, { contestant, count, folder, limitMs }: Setting): Promise<void> {
  const authors = count / 100
  const start = (): WorkerProcess => new WorkerProcess(contestant, limitMs)
  const write = async (data: string, bulk: boolean): Promise<{ rate: number; disk: number; memory: number }> => {
    await using writer = start()
    await writer.call('openLocal', [data])
    const seconds = await writer.call('write', [{ from: 0, count, authors }, { bulk }])
    const memory = await writer.call('memory', [])
    await writer.close()
    return { rate: count / seconds, disk: folderSize(data) / count, memory: memory / 1e6 }
  }

  const noBulk = contestant.without?.bulk
  let data = join(folder, 'single')
  let written = await round.step(
    'put one by one',
    noBulk === undefined ? ['putSingle', 'diskSingle'] : ['putSingle', 'diskSingle', 'writerMemory'],
    async () => {
      const { rate, disk, memory } = await write(data, false)
      return { putSingle: rate, diskSingle: disk, writerMemory: memory }
    },
  )
  if (noBulk === undefined) {
    data = join(folder, 'bulk')
    written = await round.step('put in bulk', ['putBulk', 'diskBulk', 'writerMemory'], async () => {
      const { rate, disk, memory } = await write(data, true)
      return { putBulk: rate, diskBulk: disk, writerMemory: memory }
    })
  } else round.leaveOut(['putBulk', 'diskBulk'], 'none', noBulk)
  if (!written) return round.leaveOut(['reopen', 'get', 'index', 'equality', 'range'], 'not run', 'nothing was written')

  await round.step('reopen', ['reopen'], async () => {
    await using reader = start()
    return { reopen: await reader.call('reopen', [data, benchDocument(count >> 1)._id]) }
  })
  await using reader = start()
  await round.step('get', ['get'], async () => {
    await reader.call('openLocal', [data])
    return { get: await reader.call('get', [count]) }
  })
  await round.step('index', ['index'], async () => {
    const index = await reader.call('createIndexes', [])
    return index === undefined ? {} : { index }
  })
  await round.step('equality', ['equality'], async () => ({ equality: await reader.call('equality', [authors]) }))
  await round.step('range', ['range'], async () => ({ range: await reader.call('range', [count]) }))
}

/** Bytes of all files below a folder. */
function folderSize(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((total, { parentPath, name }) => total + statSync(join(parentPath, name)).size, 0)
}
