import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DocstoreError } from '@p2p-docstore/core'
import { afterAll, expect, it } from 'vitest'
import { BUILT_IN } from '../services/built-in.ts'
import { resolveSettings, type SettingSources, variableOf } from './resolve-settings.ts'
import { readSettingsFile } from './settings-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'docstore-settings-'))
const path = join(folder, 'relay.yaml')
afterAll(() => rmSync(folder, { recursive: true }))

async function file(text: string) {
  writeFileSync(path, text)
  return readSettingsFile(path)
}

function resolved(sources: SettingSources) {
  const { all } = resolveSettings(BUILT_IN, sources)
  return (name: string) => {
    const one = all.find((setting) => setting.name === name)
    return [one?.value, one?.from]
  }
}

/** What is said of a file that cannot be used, without its folder. */
async function faultOf(text: string): Promise<string> {
  try {
    resolveSettings(BUILT_IN, { file: await file(text) })
    return 'none'
  } catch (error) {
    if (!(error instanceof DocstoreError) || error.code !== 'bad-setting') throw error
    return error.message.replaceAll(`${folder}/`, '')
  }
}

it('an option goes before a variable, that before the file, and that before what holds by default; each says where it comes from', async () => {
  const given = await file('port: 1\nhost: a\nname: b\nstorage:\n  maxDisk: 20\n')
  const environment = { DOCSTORE_PORT: '2', DOCSTORE_HOST: 'c', DOCSTORE_PASSPHRASE: 'x', HOME: '/' }
  const of = resolved({ file: given, environment, commandLine: [{ name: 'port', value: 3, from: '--port' }] })
  expect(of('port')).toEqual([3, '--port'])
  expect(of('host')).toEqual(['c', 'DOCSTORE_HOST'])
  expect(of('name')).toEqual(['b', `${path}:3`])
  expect(of('storage.maxDisk')).toEqual([20, `${path}:5`])
  expect(of('storage.keeps')).toEqual(['all', 'default'])
  expect(of('join')).toEqual([undefined, 'not set'])
})

it('every setting has a variable, of which a list is written with commas', () => {
  expect(variableOf('storage.maxDisk')).toBe('DOCSTORE_STORAGE_MAX_DISK')
  const of = resolved({ environment: { DOCSTORE_SERVICES: 'storage, gateway', DOCSTORE_INVITE_ONLY: 'true', DOCSTORE_STORAGE_MAX_DISK: '3' } })
  expect([of('services')[0], of('inviteOnly')[0], of('storage.maxDisk')[0]]).toEqual([['storage', 'gateway'], true, 3])
  const bad = (environment: Record<string, string>) => () => resolved({ environment })
  expect(bad({ DOCSTORE_PORTS: '1' })).toThrow('In the environment: There is no setting "DOCSTORE_PORTS". Did you mean DOCSTORE_PORT?')
  expect(bad({ DOCSTORE_PORT: 'x' })).toThrow('DOCSTORE_PORT is a whole number from 0 to 65535')
  expect(bad({ DOCSTORE_HOST: ' ' })).toThrow('DOCSTORE_HOST is empty')
})

it('a file that cannot be read, or has what is no setting, is refused with the line', async () => {
  expect(await faultOf('port: 8080\nprot: 1\n')).toBe('relay.yaml, line 2: There is no setting "prot". Did you mean port?')
  expect(await faultOf('\nstorage:\n  maxDisk: much\n')).toBe('relay.yaml, line 3: storage.maxDisk is a whole number from 1 to 1000000')
  expect(await faultOf('storage:\n  keeps: some\n')).toBe('relay.yaml, line 2: storage.keeps is one of all, owned, asked')
  expect(await faultOf('services: storage\n')).toMatch(/^relay.yaml, line 1: services is a list of texts/)
  expect(await faultOf('port: 1\nport: 2\n')).toMatch(/^relay.yaml, line 2: Map keys must be unique/)
  expect(await faultOf('port: [1\n')).toMatch(/^relay.yaml, line \d: /)
  expect(await faultOf('host:\n')).toBe('relay.yaml, line 1: host has no value')
  expect(await faultOf('- a\n')).toBe('relay.yaml, line 1: The file has to be a map of settings')
  expect(await faultOf(`announce: [&a x]\nservices: *a\n`)).toMatch(/relay.yaml/)
  expect(await faultOf(`a: ${'x'.repeat(300_000)}`)).toBe('relay.yaml is larger than 262144 bytes')
  expect(await faultOf('# nothing chosen\n')).toBe('none')
  await expect(readSettingsFile(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'bad-setting' })
})

it('paths in a file are seen from its folder', async () => {
  const of = resolved({ file: await file('tlsCert: cert.pem\nload: [./own.js, some-package]\n') })
  expect(of('tlsCert')[0]).toBe(join(folder, 'cert.pem'))
  expect(of('load')[0]).toEqual([join(folder, 'own.js'), 'some-package'])
})
