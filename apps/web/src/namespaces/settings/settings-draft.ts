import type { NamespaceInfo } from 'p2p-docstore'
import { rulesOf, rulesText } from './rules-text.ts'

/** What stands in the fields of the settings. */
export interface SettingsFields {
  readonly name: string
  readonly description: string
  readonly isListed: boolean
  /** Days, as they were typed; empty for what is usual. */
  readonly history: string
  readonly rules: string
}

/** The settings as they are. */
export function settingsOf({ name, description = '', listed, history, collections }: NamespaceInfo): SettingsFields {
  return {
    name,
    description,
    isListed: listed === true,
    history: history === undefined ? '' : String(history),
    rules: rulesText(rulesOf(collections)),
  }
}

/** What was changed in them and is not saved; `undefined` in the place of a field that was not. */
export type SettingsDraft = { readonly [Field in keyof SettingsFields]?: SettingsFields[Field] | undefined }

/** The fields with what was changed in them. */
export function fieldsWith(begin: SettingsFields, { name, description, isListed, history, rules }: SettingsDraft): SettingsFields {
  return {
    name: name ?? begin.name,
    description: description ?? begin.description,
    isListed: isListed ?? begin.isListed,
    history: history ?? begin.history,
    rules: rules ?? begin.rules,
  }
}

/** Whether a draft says something else than what is. */
export function isChanged(begin: SettingsFields, draft: SettingsDraft): boolean {
  return (Object.keys(begin) as (keyof SettingsFields)[]).some((field) => draft[field] !== undefined && draft[field] !== begin[field])
}
