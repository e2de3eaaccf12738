import type { Settings } from './settings.ts'

/** A command for somebody to run on the same data, as `join LINK`: it can be copied as it is. */
export function commandText({ data, isDataGiven }: Pick<Settings, 'data' | 'isDataGiven'>, command: string): string {
  return `docstore ${isDataGiven ? `--data ${quoted(data)} ` : ''}${command}`
}

/** A word as a shell takes it whole. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
