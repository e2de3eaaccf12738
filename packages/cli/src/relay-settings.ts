import { resolve } from 'node:path'
import {
  chooseServices,
  BUILT_IN,
  type GivenSetting,
  loadService,
  readSettingsFile,
  type ResolvedSettings,
  resolveSettings,
  type Service,
} from '@p2p-docstore/relay'
import type { Output } from './output/output.ts'
import { textTable } from './output/text-table.ts'
import type { Settings } from './settings.ts'

/** Options of `docstore relay` that are settings, by the names that commander gives them. */
const SETTING_OF: Readonly<Record<string, string>> = {
  port: 'port',
  host: 'host',
  name: 'name',
  inviteOnly: 'inviteOnly',
  maxDisk: 'storage.maxDisk',
  storage: 'storage.keeps',
  policy: 'storage.policy',
  tlsCert: 'tlsCert',
  tlsKey: 'tlsKey',
  publicUrl: 'publicUrl',
  database: 'database',
  announce: 'announce',
  services: 'services',
  service: 'load',
  logLevel: 'logLevel',
  logFormat: 'logFormat',
}

/** What is shown of a secret. */
const HIDDEN = '(hidden)'

/** What was chosen for a relay, and the services of its own modules. */
export interface RelaySettings {
  readonly resolved: ResolvedSettings
  readonly load: readonly Service[]
  /** Names of the services that run. */
  readonly services: readonly string[]
}

/** Reads the options, the environment and the file of settings, in this order of weight. Throws `bad-setting`, `bad-service`. */
export async function readRelaySettings(
  options: Readonly<Record<string, unknown>>,
  { data, isDataGiven, join }: Settings,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RelaySettings> {
  const commandLine = Object.entries(SETTING_OF).flatMap(([option, name]): readonly GivenSetting[] => {
    const value = options[option]
    return value === undefined ? [] : [{ name, value, from: `--${option.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}` }]
  })
  if (isDataGiven) commandLine.push({ name: 'data', value: data, from: '--data' })
  if (join !== undefined) commandLine.push({ name: 'join', value: join, from: '--join' })
  const path = options['config'] ?? environment['DOCSTORE_CONFIG']
  const file = typeof path === 'string' ? await readSettingsFile(path) : []
  // Which services there are decides which settings there are, so what says that is looked at first.
  const first = resolveSettings(BUILT_IN, { commandLine, file: onlyLoad(file), environment: { DOCSTORE_LOAD: environment['DOCSTORE_LOAD'] } })
  const modules = Array.isArray(first.general.load) ? first.general.load : []
  const load: Service[] = []
  for (const module of modules) load.push(await loadService(module))
  const resolved = resolveSettings([...BUILT_IN, ...load], { commandLine, file, environment })
  const wanted = Array.isArray(resolved.general.services) ? resolved.general.services : undefined
  return { resolved, load, services: chooseServices(BUILT_IN, load, wanted).map(({ name }) => name) }
}

/** The data folder of a relay: as it was set, else that of every command. */
export function dataOf({ general }: ResolvedSettings, { data }: Settings): string {
  return typeof general.data === 'string' ? resolve(general.data) : data
}

/** Shows each setting, what holds, and where that comes from. */
export async function printSettings(output: Output, { all }: ResolvedSettings, data: string, services: readonly string[]): Promise<void> {
  const settings = all.map(({ name, value, from, isSecret }) =>
    name === 'data' && value === undefined
      ? { name, value: data, from: 'default' }
      : name === 'services' && value === undefined
        ? { name, value: services, from: 'default' }
        : {
            name,
            value:
              isSecret && value !== undefined ? HIDDEN : name === 'database' && typeof value === 'string' ? withoutPassword(value) : (value ?? null),
            from,
          },
  )
  await output.result({ settings, services }, () =>
    textTable(settings.map(({ name, value, from }) => [name, value === null ? '-' : [value].flat().join(', '), from])),
  )
}

/** What is shown may be copied to somebody else. */
function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]*):[^@]*@/, '$1:…@')
}

function onlyLoad(file: readonly GivenSetting[]): readonly GivenSetting[] {
  return file.filter(({ name }) => name === 'load')
}
