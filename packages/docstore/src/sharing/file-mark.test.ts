import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type FileMark, fileMark, isCopyOf, parseFileMark } from './file-mark.ts'

const mark = (ino: string, madeAt: string | null, path: string): FileMark => ({ ino, madeAt, path })

it.each([
  ['the same', mark('1', '5', 'a'), mark('1', '5', 'a'), false],
  ['moved', mark('1', '5', 'a'), mark('1', '5', 'b'), false],
  ['moved, without times', mark('1', null, 'a'), mark('1', null, 'b'), false],
  ['numbered anew by the next mount', mark('1', '5', 'a'), mark('2', '5', 'a'), false],
  ['numbered anew, without times', mark('1', null, 'a'), mark('2', null, 'a'), false],
  ['without a time as yet', mark('1', null, 'a'), mark('1', '5', 'a'), false],
  ['copied', mark('1', '5', 'a'), mark('2', '6', 'b'), true],
  ['copied, without times', mark('1', null, 'a'), mark('2', null, 'b'), true],
  ['copied with its time', mark('1', '5', 'a'), mark('2', '5', 'b'), true],
  ['restored in its place', mark('1', '5', 'a'), mark('2', '6', 'a'), true],
  ['restored in its place under the same number', mark('1', '5', 'a'), mark('1', '6', 'a'), true],
])('a file that was %s', (_, before, now, isCopy) => {
  expect(isCopyOf(before, now)).toBe(isCopy)
})

it('a mark is read as it was written, by earlier versions too', () => {
  expect(parseFileMark(JSON.stringify(mark('1', '5', 'a')))).toEqual(mark('1', '5', 'a'))
  const now = mark('1', '5', 'a')
  expect(['1', '1 5', '2', '2 5', '1 6'].map((text) => isCopyOf(parseFileMark(text), now))).toEqual([false, false, true, true, true])
})

it.skipIf(process.platform !== 'linux')(
  'a file that was just made has its time already, and keeps it when it is moved, not when it is copied',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'docstore-mark-'))
    try {
      const [file, copy, moved] = [join(folder, 'file'), join(folder, 'copy'), join(folder, 'moved')]
      writeFileSync(file, '')
      const before = fileMark(file)
      cpSync(file, copy, { preserveTimestamps: true })
      expect(isCopyOf(before, fileMark(copy))).toBe(true)
      renameSync(file, moved)
      expect(fileMark(moved)).toMatchObject({ ino: before.ino, madeAt: before.madeAt })
      renameSync(copy, file)
      expect(isCopyOf(before, fileMark(file))).toBe(before.madeAt !== null)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)
