import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeWholeFile } from './whole-file-node.ts'

const root = mkdtempSync(join(tmpdir(), 'docstore-whole-'))
afterAll(() => rmSync(root, { recursive: true }))

describe('a file that is there whole or not at all', () => {
  it('is made by one of two who write it at once, and the other one is told', async () => {
    const path = join(root, 'backup')
    const first = Promise.withResolvers<void>()
    const second = Promise.withResolvers<void>()
    const one = writeWholeFile(path, async (part) => {
      writeFileSync(part, 'half of ')
      await first.promise
      writeFileSync(part, 'one', { flag: 'a' })
    })
    const other = writeWholeFile(path, async (part) => {
      writeFileSync(part, 'other')
      await second.promise
    })
    first.resolve()
    await one
    expect(readFileSync(path, 'utf8')).toBe('half of one')
    second.resolve()
    await expect(other).rejects.toMatchObject({ code: 'file-exists' })
    expect(readFileSync(path, 'utf8')).toBe('half of one')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(root)).toEqual(['backup'])
  })

  it('takes away what a killed process left behind long ago, and nothing that somebody may still write', async () => {
    const path = join(root, 'later')
    const [old, young] = [`${path}.0123456789ab.part`, `${path}.ba9876543210.part`]
    for (const part of [old, young]) writeFileSync(part, '')
    utimesSync(old, new Date(0), new Date(0))
    await writeWholeFile(path, (part) => writeFileSync(part, 'all'))
    expect(readdirSync(root).filter((name) => name.startsWith('later'))).toEqual(['later', 'later.ba9876543210.part'])
  })
})
