import type { Settings } from './settings.ts'

/** A command for somebody to run on the same data, as `join LINK`: it can be copied as it is. */
export function commandText({ data, isDataGiven }: Pick<Settings, 'data' | 'isDataGiven'>, command: string): string {
  return `docstore ${isDataGiven ? `--data ${quoted(data)} ` : ''}${command}`
}

/** A text of a library with commands in backticks, each for somebody to run on the same data. */
export function withData({ data, isDataGiven }: Pick<Settings, 'data' | 'isDataGiven'>, text: string): string {
  return isDataGiven ? text.replace(/`docstore (?!--data )/g, () => `\`docstore --data ${quoted(data)} `) : text
}

/** A word as a shell takes it whole. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
