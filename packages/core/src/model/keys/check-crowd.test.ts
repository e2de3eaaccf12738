import { describe, expect, it, vi } from 'vitest'
import { fc } from '../../testing/fast-check.ts'
import { nextTask } from '../next-task.ts'
import { type Check, CheckCrowd, type CheckHelper } from './check-crowd.ts'

/** Stands for the equation: a third of all keys are bad. */
const isValid = ([key]: Check): boolean => (key[0] ?? 0) % 3 !== 0

/** What becomes of what a helper is asked: answered, at once or some turns later; left for ever; refused, as where the thread has ended. */
type Fate = number | 'hangs' | 'fails'

function helperOf(fates: readonly Fate[], asked: Check[]): CheckHelper {
  let next = 0
  return {
    check: async (checks) => {
      asked.push(...checks)
      const fate = fates[next++ % fates.length] ?? 0
      if (fate === 'fails') throw new Error('The thread has ended')
      if (fate === 'hangs') return new Promise(() => undefined)
      for (let turn = 0; turn < fate; turn++) await nextTask()
      return checks.map(isValid)
    },
    end: () => undefined,
  }
}

const checksOf = (keys: Iterable<number>): Check[] => Array.from(keys, (key) => [Uint8Array.of(key), new Uint8Array(), new Uint8Array()])
const fate = fc.oneof(fc.nat(8), fc.constant('hangs' as const), fc.constant('fails' as const))

describe('signatures that a crowd checks', () => {
  it('get the verdict that each gets by itself, whatever becomes of the helpers', async () => {
    const helpers = fc.array(fc.array(fate, { minLength: 1, maxLength: 5 }), { maxLength: 3 })
    const rounds = fc.array(fc.uint8Array({ maxLength: 900 }), { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(helpers, rounds, async (fates, keys) => {
        const crowd = new CheckCrowd({
          checkOne: async (...check) => isValid(check),
          startHelpers: () => fates.map((one) => helperOf(one, [])),
          pause: nextTask,
        })
        const all = keys.map(checksOf)
        const verdicts = await Promise.all(all.map((checks) => Promise.all(checks.map((check) => crowd.check(...check)))))
        expect(verdicts).toEqual(all.map((checks) => checks.map(isValid)))
      }),
    )
  })

  it('are shared with helpers where they are many, and only then', async () => {
    const asked: Check[] = []
    const startHelpers = vi.fn(() => [helperOf([0], asked)])
    const crowd = new CheckCrowd({ checkOne: async (...check) => isValid(check), startHelpers, pause: nextTask })
    const ask = async (count: number): Promise<void> => {
      await Promise.all(checksOf(new Uint8Array(count)).map((check) => crowd.check(...check)))
    }
    await ask(100)
    expect(startHelpers).not.toHaveBeenCalled()
    await ask(1000)
    expect(asked.length).toBeGreaterThan(100)
  })

  it('are checked here where no helper can be started, and where one answers something else', async () => {
    const throwing = (): readonly CheckHelper[] => {
      throw new Error('The page may start no worker')
    }
    const other = (): readonly CheckHelper[] => [{ check: async () => [true], end: () => undefined }]
    for (const startHelpers of [throwing, other]) {
      const crowd = new CheckCrowd({ checkOne: async (...check) => isValid(check), startHelpers, pause: nextTask })
      const checks = checksOf(Uint8Array.from({ length: 1000 }, (_, i) => i))
      expect(await Promise.all(checks.map((check) => crowd.check(...check)))).toEqual(checks.map(isValid))
    }
  })

  it('let helpers go that have had nothing to do for a while', async () => {
    const end = vi.fn()
    const crowd = new CheckCrowd({
      checkOne: async (...check) => isValid(check),
      startHelpers: () => [{ ...helperOf([0], []), end }],
      pause: async () => undefined,
    })
    vi.useFakeTimers()
    try {
      await Promise.all(checksOf(new Uint8Array(1000)).map((check) => crowd.check(...check)))
      await vi.advanceTimersByTimeAsync(9_000)
      expect(end).not.toHaveBeenCalled()
      await vi.advanceTimersByTimeAsync(2_000)
      expect(end).toHaveBeenCalledOnce()
    } finally {
      vi.useRealTimers()
    }
  })
})
