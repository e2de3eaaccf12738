import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DocstoreError, errorMessage } from '@p2p-docstore/core'
import type { Setting } from '../settings/setting.ts'
import { BUILT_IN } from './built-in.ts'
import type { Service } from './service.ts'

const NAME = /^[a-z][a-z0-9-]{0,31}$/
const SETTING_NAME = /^[a-z][a-zA-Z0-9]{0,31}$/
const KINDS: readonly string[] = ['text', 'whole', 'flag', 'list'] satisfies Setting['kind'][]
const METHODS = ['fits', 'limits', 'open', 'start'] as const

/** The service that a module exports as `service`: a path, or the name of an npm package, seen from `folder`. Throws `bad-service`. */
export async function loadService(module: string, folder: string = process.cwd()): Promise<Service> {
  const isPath = module.startsWith('.') || module.startsWith('/')
  let loaded: Readonly<Record<string, unknown>>
  try {
    const path = isPath ? resolve(folder, module) : createRequire(join(folder, 'any.js')).resolve(module)
    loaded = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>
  } catch (cause) {
    throw new DocstoreError('bad-service', `The service ${module} cannot be loaded: ${errorMessage(cause)}`, { cause })
  }
  const { service } = loaded
  const fault = faultOf(service)
  if (fault !== undefined) throw new DocstoreError('bad-service', `The module ${module} ${fault}`)
  return service as Service
}

/** What is wrong with what a module exports; `undefined` where it is a service. */
function faultOf(service: unknown): string | undefined {
  if (typeof service !== 'object' || service === null) return 'has no export `service`'
  const { name, about, needs = [], settings = {}, ...rest } = service as Readonly<Record<string, unknown>>
  if (typeof name !== 'string' || !NAME.test(name)) return 'has a service without a name such as `my-service`'
  if (BUILT_IN.some((one) => one.name === name)) return `has a service ${name}, which is the name of one that comes with a relay`
  if (typeof about !== 'string') return `has a service ${name} that does not say what it is \`about\``
  if (!Array.isArray(needs) || !needs.every((one) => typeof one === 'string')) return `has a service ${name} whose \`needs\` are no list of names`
  const method = METHODS.find((one) => rest[one] !== undefined && typeof rest[one] !== 'function')
  if (method !== undefined) return `has a service ${name} whose \`${method}\` is no function`
  if (typeof settings !== 'object' || settings === null) return `has a service ${name} whose \`settings\` are none`
  const setting = Object.entries(settings).find(([one, value]) => !SETTING_NAME.test(one) || !isSetting(value))
  return setting === undefined ? undefined : `has a service ${name} whose setting ${JSON.stringify(setting[0])} is none`
}

function isSetting(value: unknown): value is Setting {
  if (typeof value !== 'object' || value === null) return false
  const { kind, about } = value as Readonly<Record<string, unknown>>
  return typeof kind === 'string' && KINDS.includes(kind) && typeof about === 'string'
}
