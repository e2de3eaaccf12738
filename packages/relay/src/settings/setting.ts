import { DocstoreError } from '@p2p-docstore/core'

/** What a setting can be. */
export type SettingValue = string | number | boolean | readonly string[]

/** Something that an operator can choose. */
export interface Setting {
  /** What it is, in one line, with its unit. */
  readonly about: string
  /** `whole`: a whole number from `min` to `max`; `list`: texts, in variables of the environment with commas between. */
  readonly kind: 'text' | 'whole' | 'flag' | 'list'
  /** What holds where nothing is chosen; without it, nothing does. */
  readonly default?: SettingValue
  readonly min?: number
  readonly max?: number
  /** Whether it is nobody's but the operator's, and never shown. */
  readonly isSecret?: boolean
  /** All that it, or each text of a list, can be. */
  readonly choices?: readonly string[]
}

/** Settings by their names, each in small letters with capitals inside: `maxDisk`. */
export type Settings = Readonly<Record<string, Setting>>

/** What was chosen, by the names of settings. */
export type SettingValues = Readonly<Record<string, SettingValue | undefined>>

/** The value that a text stands for, as a variable of the environment has it. Throws `bad-setting` without saying of what. */
export function parseSetting(setting: Setting, text: string): SettingValue {
  if (text.trim() === '') throw bad('is empty. Leave it out, or give it a value')
  switch (setting.kind) {
    case 'text':
      return checkSetting(setting, text)
    case 'list':
      return checkSetting(
        setting,
        text.split(',').map((part) => part.trim()),
      )
    case 'flag':
      return checkSetting(setting, text === 'true' ? true : text === 'false' ? false : text)
    case 'whole':
      return checkSetting(setting, /^\d+$/.test(text.trim()) ? Number(text) : text)
  }
}

/** The value itself, if a setting can have it. Throws `bad-setting` without saying of what. */
export function checkSetting({ kind, min = 0, max = Number.MAX_SAFE_INTEGER, choices }: Setting, value: unknown): SettingValue {
  const allowed = (text: string): boolean => choices === undefined || choices.includes(text)
  switch (kind) {
    case 'text':
      if (typeof value === 'string' && value !== '' && allowed(value)) return value
      throw bad(choices === undefined ? 'is a text' : `is one of ${choices.join(', ')}`)
    case 'flag':
      if (typeof value === 'boolean') return value
      throw bad('is true or false')
    case 'whole':
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value
      throw bad(max === Number.MAX_SAFE_INTEGER ? `is a whole number from ${min}` : `is a whole number from ${min} to ${max}`)
    case 'list':
      if (Array.isArray(value) && value.every((one): one is string => typeof one === 'string' && one !== '' && allowed(one))) return value
      throw bad(choices === undefined ? 'is a list of texts' : `is a list of any of ${choices.join(', ')}`)
  }
}

function bad(what: string): DocstoreError {
  return new DocstoreError('bad-setting', what)
}

/** The values of all settings: what is given, else what holds where nothing is. Throws `bad-setting` with the name of what does not fit; names begin with `prefix`. */
export function completeSettings(settings: Settings, given: SettingValues = {}, prefix = ''): SettingValues {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(settings, name))
  if (unknown !== undefined)
    throw unknownSetting(
      prefix + unknown,
      Object.keys(settings).map((name) => prefix + name),
    )
  return Object.fromEntries(
    Object.entries(settings).map(([name, setting]) => {
      const value = given[name]
      return [name, value === undefined ? setting.default : named(prefix + name, () => checkSetting(setting, value))]
    }),
  )
}

/** Runs what throws `bad-setting` with the name of the setting before the message. */
export function named<T>(name: string, check: () => T): T {
  try {
    return check()
  } catch (cause) {
    if (!(cause instanceof DocstoreError) || cause.code !== 'bad-setting') throw cause
    throw new DocstoreError('bad-setting', `${name} ${cause.message}`, { cause })
  }
}

/** The error for a name that means nothing, with the one that may have been meant. */
export function unknownSetting(name: string, known: readonly string[], where = ''): DocstoreError {
  const meant = known.map((one) => [distance(one.toLowerCase(), name.toLowerCase()), one] as const).sort(([a], [b]) => a - b)[0]
  const hint = meant !== undefined && meant[0] <= 3 ? `. Did you mean ${meant[1]}?` : '. `docstore relay --print-config` lists all'
  return new DocstoreError('bad-setting', `${where}There is no setting ${JSON.stringify(name)}${hint}`)
}

/** How many letters have to be put in, left out or changed to make one text of the other (Levenshtein, 1966). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, letter] of a.split('').entries()) {
    const next = [i + 1]
    for (const [j, other] of b.split('').entries())
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)))
    row = next
  }
  return row.at(-1) ?? 0
}
