import { Command } from 'commander'
import { afterEach, expect, it, vi } from 'vitest'
import { addGlobalOptions, readSettings, type Settings } from './settings.ts'

afterEach(() => vi.unstubAllEnvs())

function settingsOf(...args: readonly string[]): Settings {
  const program = new Command('docstore')
  addGlobalOptions(program)
  program.parse(args, { from: 'user' })
  return readSettings(program)
}

it('what can be answered without a relay waits a while for one, and as long as was said where something was', () => {
  vi.stubEnv('DOCSTORE_TIMEOUT', undefined)
  expect(settingsOf()).toMatchObject({ timeoutMs: 30_000, reachMs: 3000 })
  expect(settingsOf('--timeout', '60')).toMatchObject({ timeoutMs: 60_000, reachMs: 60_000 })
  vi.stubEnv('DOCSTORE_TIMEOUT', '10')
  expect(settingsOf()).toMatchObject({ timeoutMs: 10_000, reachMs: 10_000 })
  expect(settingsOf('--timeout', '1')).toMatchObject({ timeoutMs: 1000, reachMs: 1000 })
})
