import { dirname, resolve } from 'node:path'
import type { Service } from '../services/service.ts'
import { GENERAL_SETTINGS, type GeneralSetting } from './general-settings.ts'
import { checkSetting, named, parseSetting, type Setting, type SettingValue, type SettingValues, unknownSetting } from './setting.ts'
import type { GivenSetting } from './settings-file.ts'

/** A setting, what holds, and where that comes from: `default`, a file with the line, a variable, or an option. */
export interface ResolvedSetting {
  readonly name: string
  readonly value: SettingValue | undefined
  readonly from: string
  readonly about: string
  /** Whether the value is nobody's but the operator's. */
  readonly isSecret: boolean
}

/** Everything that an operator has chosen, and what holds where nothing was. */
export interface ResolvedSettings {
  readonly all: readonly ResolvedSetting[]
  readonly general: { readonly [Name in GeneralSetting]?: SettingValue | undefined }
  readonly services: Readonly<Record<string, SettingValues>>
}

/** Where settings can come from; what comes later wins. */
export interface SettingSources {
  readonly file?: readonly GivenSetting[]
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly commandLine?: readonly GivenSetting[]
}

/** Variables of the environment that begin alike and are no settings of a relay. */
const OTHER_VARIABLES: readonly string[] = ['DOCSTORE_PASSPHRASE', 'DOCSTORE_NEW_PASSPHRASE', 'DOCSTORE_CONFIG', 'DOCSTORE_TIMEOUT']
const PREFIX = 'DOCSTORE_'

/** Settings that name a file. Those of a file of settings are seen from there. */
const PATHS: readonly string[] = ['data', 'tlsCert', 'tlsKey', 'storage.policy']

/** What holds of the settings of a relay and of these services. Throws `bad-setting`, with the name and the place. */
export function resolveSettings(services: readonly Service[], { file = [], environment = {}, commandLine = [] }: SettingSources): ResolvedSettings {
  const known = new Map<string, Setting>(Object.entries(GENERAL_SETTINGS))
  for (const { name, settings = {} } of services) for (const [one, setting] of Object.entries(settings)) known.set(`${name}.${one}`, setting)
  const chosen = new Map<string, { readonly value: SettingValue; readonly from: string }>()
  for (const { name, value, from } of file) {
    const setting = known.get(name)
    const where = `${from.replace(/:(\d+)$/, ', line $1')}: `
    if (setting === undefined) throw unknownSetting(name, [...known.keys()], where)
    chosen.set(name, { value: named(where + name, () => fromFile(name, checkSetting(setting, value), from)), from })
  }
  const byVariable = new Map([...known.keys()].map((name) => [variableOf(name), name]))
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || !variable.startsWith(PREFIX) || OTHER_VARIABLES.includes(variable)) continue
    const name = byVariable.get(variable)
    const setting = name === undefined ? undefined : known.get(name)
    if (name === undefined || setting === undefined) throw unknownSetting(variable, [...byVariable.keys()], 'In the environment: ')
    chosen.set(name, { value: named(variable, () => parseSetting(setting, text)), from: variable })
  }
  for (const { name, value, from } of commandLine) {
    const setting = known.get(name)
    if (setting !== undefined) chosen.set(name, { value: named(from, () => checkSetting(setting, value)), from })
  }
  const all = [...known].map(([name, { about, default: value, isSecret = false }]): ResolvedSetting => {
    const one = chosen.get(name)
    return one === undefined ? { name, value, from: value === undefined ? 'not set' : 'default', about, isSecret } : { name, ...one, about, isSecret }
  })
  const values = (prefix: string, names: readonly string[]): SettingValues =>
    Object.fromEntries(names.map((name) => [name, all.find((one) => one.name === prefix + name)?.value]))
  return {
    all,
    general: values('', Object.keys(GENERAL_SETTINGS)),
    services: Object.fromEntries(services.map(({ name, settings = {} }) => [name, values(`${name}.`, Object.keys(settings))])),
  }
}

/** The variable of the environment that sets a setting: `DOCSTORE_STORAGE_MAX_DISK` for `storage.maxDisk`. */
export function variableOf(name: string): string {
  return (
    PREFIX +
    name
      .replace(/[A-Z]/g, (capital) => `_${capital}`)
      .replaceAll('.', '_')
      .toUpperCase()
  )
}

/** Paths of a file of settings are seen from its folder; names of npm packages, and whatever else, stay. */
function fromFile(name: string, value: SettingValue, from: string): SettingValue {
  const folder = dirname(from.replace(/:\d+$/, ''))
  const seen = (path: string): string => resolve(folder, path)
  if (typeof value === 'string' && PATHS.includes(name)) return seen(value)
  if (name === 'load' && Array.isArray(value)) return value.map((path: string) => (path.startsWith('.') ? seen(path) : path))
  return value
}
