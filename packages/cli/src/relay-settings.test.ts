import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { Writable } from 'node:stream'
import { Output } from './output/output.ts'
import { dataOf, printSettings, readRelaySettings } from './relay-settings.ts'

const settings = { data: '/given', isDataGiven: false, join: undefined, network: undefined, isJson: true, timeoutMs: 1000, reachMs: 1000 }
const EXAMPLE = fileURLToPath(new URL('../../../examples/relay-service/visitors.js', import.meta.url))

it('options of the command are settings, by their own names, and modules bring theirs', async () => {
  const options = { maxDisk: 3, storage: 'asked', services: ['storage'], service: [EXAMPLE] }
  const { resolved, services } = await readRelaySettings(options, settings, { DOCSTORE_VISITORS_REMEMBERED: '5' })
  const from = (name: string) => resolved.all.find((one) => one.name === name)
  expect(from('storage.maxDisk')).toMatchObject({ value: 3, from: '--max-disk' })
  expect(from('storage.keeps')).toMatchObject({ value: 'asked', from: '--storage' })
  expect(from('visitors.remembered')).toMatchObject({ value: 5, from: 'DOCSTORE_VISITORS_REMEMBERED' })
  expect(services).toEqual(['storage', 'visitors'])
  expect(dataOf(resolved, settings)).toBe('/given')
})

it('the data folder is that of the option, else of the variable; what is no setting or no service is refused', async () => {
  const { resolved } = await readRelaySettings({}, { ...settings, isDataGiven: true }, { DOCSTORE_DATA: '/variable' })
  expect(dataOf(resolved, settings)).toBe('/given')
  expect(dataOf((await readRelaySettings({}, settings, { DOCSTORE_DATA: '/variable' })).resolved, settings)).toBe('/variable')
  await expect(readRelaySettings({}, settings, { DOCSTORE_VISITORS_REMEMBERED: '5' })).rejects.toMatchObject({ code: 'bad-setting' })
  await expect(readRelaySettings({ services: ['nostr'] }, settings, {})).rejects.toMatchObject({ code: 'bad-setting' })
  await expect(readRelaySettings({ service: ['./none.js'] }, settings, {})).rejects.toMatchObject({ code: 'bad-service' })
})

it('what is shown of settings may be copied to somebody else: it has neither the key of the admin page nor the password of the database', async () => {
  const environment = { DOCSTORE_ADMIN_KEY: 'nobody-else-knows', DOCSTORE_DATABASE: 'postgres://ann:nobody-else-knows@host/docs' }
  const { resolved, services } = await readRelaySettings({}, settings, environment)
  for (const isJson of [true, false]) {
    const written: string[] = []
    const out = new Writable({ write: (chunk, _encoding, done) => done(void written.push(String(chunk))) })
    await printSettings(new Output({ isJson, out }), resolved, '/given', services)
    expect(written.join('')).not.toContain('nobody-else-knows')
    expect(written.join('')).toContain('DOCSTORE_ADMIN_KEY')
  }
})
