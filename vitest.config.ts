import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** Data of the Chromium in which tests run, of one run. */
const PROFILE = mkdtempSync(join(tmpdir(), 'docstore-chromium-'))
process.once('exit', () => rmSync(PROFILE, { recursive: true, force: true }))

/** What processes that tests start are told. */
const env = {
  // Those that read wait as long for a relay as those that write: the three seconds that a person waits can pass on a machine with much to do.
  DOCSTORE_TIMEOUT: '30',
  // The same programs start again and again: where commands keep what was compiled, too.
  NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
}

/** One seed for all properties, so that no run fails by its luck alone; more samples where there is time. */
const provide = { propertySeed: Number(process.env['FC_SEED'] ?? 1), isSoak: process.env['SOAK'] === '1' }

function nodeProject(name: string, files: { readonly isolate?: boolean; readonly include: string[] }) {
  return {
    resolve: { conditions: [...resolve.conditions, 'node'] },
    ssr: { resolve: { conditions: [...resolve.conditions, 'node'] } },
    test: { name, ...files, exclude: ['**/*.browser.test.ts', '**/node_modules/**'], ...patience, provide, env },
  }
}

export default defineConfig({
  test: {
    // One more than there are cores: many tests wait for others, processes or browsers most of the time. With two more the whole takes about as long.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    projects: [
      // What a file of the core loads, the next one in its process need not load again. Others start processes, or turn the clock: each has a process of its own.
      nodeProject('core', { isolate: false, include: ['packages/core/**/*.test.ts'] }),
      nodeProject('node', { include: ['packages/{docstore,relay,cli}/**/*.test.ts', 'test/**/*.test.ts'] }),
      {
        resolve,
        test: {
          name: 'browser',
          include: ['packages/**/*.browser.test.ts'],
          ...patience,
          provide,
          // One after another, in one profile on disk: of a private window, every read and write of a file goes through Chromium's main process.
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: CHROMIUM, persistentContext: PROFILE }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
