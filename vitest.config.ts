import { availableParallelism } from 'node:os'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { CHROMIUM } from './test/chromium.ts'
import { LongestFirst } from './test/longest-first.ts'

const resolve = { conditions: ['@p2p-docstore/source'] }

/**
 * No more than a safety net: what takes seconds by itself takes ten times that beside the longest tests, which start processes and browsers one
 * after another, and more on a machine that others use. The second that `expect.poll` waits by default is no fact about our code.
 */
const patience = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000 } } } as const

/** One seed for all properties, so that no run fails by its luck alone. */
const provide = { propertySeed: Number(process.env['FC_SEED'] ?? 1) }

export default defineConfig({
  test: {
    // One more than there are cores: many tests wait for others, processes or browsers most of the time, and the longest, which begin, do not.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve: { conditions: [...resolve.conditions, 'node'] },
        ssr: { resolve: { conditions: [...resolve.conditions, 'node'] } },
        test: {
          name: 'node',
          // What a file loads, the next one in its process need not load again; processes of their own for each took a sixth of the whole suite.
          isolate: false,
          include: ['packages/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
          ...patience,
          provide,
        },
      },
      {
        resolve,
        test: {
          name: 'browser',
          include: ['packages/**/*.browser.test.ts'],
          ...patience,
          provide,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: CHROMIUM,
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
