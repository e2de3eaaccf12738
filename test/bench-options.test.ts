import { describe, expect, it } from 'vitest'
import { parseOptions, USAGE } from '../bench/options.ts'

describe('npm run bench', () => {
  it('takes what its help names, and nothing else', () => {
    const flags = [...USAGE.matchAll(/^npm run bench -- (--[a-z-]+)/gm)].map(([, flag = '']) => flag)
    expect(flags).toContain('--against')
    for (const flag of flags) {
      const wanted = parseOptions(flag === '--against' ? [flag, 'HEAD'] : [flag])
      expect(`--${wanted.benchmark}`).toBe(flag)
    }
    expect(parseOptions([])).toEqual({ benchmark: 'local' })
    expect(parseOptions(['--peers', '--only', 'ours'])).toEqual({ benchmark: 'peers', words: ['--only', 'ours'] })
    for (const words of [['--file'], ['files'], ['--files', '--json'], ['--files', '1024'], ['--queries', '--peers'], ['--help', '--all']])
      expect(() => parseOptions(words)).toThrow(TypeError)
  })

  it('compares with one commit that is there, in pairs enough', () => {
    expect(parseOptions(['--against', 'HEAD', '--pairs', '7'])).toEqual({
      benchmark: 'against',
      hash: expect.stringMatching(/^[0-9a-f]{40}$/),
      pairs: 7,
      count: 10_000,
    })
    expect(() => parseOptions(['--against'])).toThrow('--against takes one commit')
    expect(() => parseOptions(['--against', 'HEAD', 'HEAD'])).toThrow('--against takes one commit')
    expect(() => parseOptions(['--against', 'no-such-commit'])).toThrow('There is no commit "no-such-commit"')
    for (const wrong of [
      ['--pairs', '4'],
      ['--pairs', '51'],
      ['--pairs', 'x'],
      ['--count', '999'],
      ['--count', '1e6'],
    ])
      expect(() => parseOptions(['--against', 'HEAD', ...wrong])).toThrow(RangeError)
  })
})
