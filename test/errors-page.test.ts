import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../packages/core/src/error-codes.ts'
import { errorsPage } from '../scripts/errors-page.ts'

const root = new URL('..', import.meta.url)

describe('the page of error codes', () => {
  it('is what the tables say (npm run errors-page)', () => {
    expect(readFileSync(new URL('docs/guides/errors.md', root), 'utf8')).toBe(errorsPage())
  })

  it('has a sentence about each, and what to do', () => {
    for (const [code, { means, fix }] of Object.entries(ERROR_CODES)) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect([code, means, fix].every((text) => text.length > 3)).toBe(true)
      expect(means).toMatch(/\.$/)
      expect(fix).toMatch(/\.$/)
    }
  })

  it('has none that no source names', () => {
    const files = execFileSync('git', ['ls-files', 'packages/*/src/*.ts'], { cwd: root, encoding: 'utf8' }).trim().split('\n')
    const sources = files.filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/') && !file.endsWith('/error-codes.ts'))
    const texts = sources.map((file) => readFileSync(new URL(file, root), 'utf8')).join('\n')
    expect(Object.keys(ERROR_CODES).filter((code) => !texts.includes(`'${code}'`))).toEqual([])
  })
})
