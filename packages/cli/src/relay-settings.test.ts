import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { dataOf, readRelaySettings } from './relay-settings.ts'

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
