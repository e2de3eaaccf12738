import type { SettingValue } from '../settings/setting.ts'

/** The number that a setting of the kind `whole` is. */
export function numberOf(value: SettingValue | undefined): number {
  return typeof value === 'number' ? value : 0
}

/** The texts that a setting of the kind `list` is. */
export function textsOf(value: SettingValue | undefined): readonly string[] {
  return Array.isArray(value) ? value : []
}
