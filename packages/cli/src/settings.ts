import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { DEFAULT_TIMEOUT_S, REACH_TIMEOUT_MS } from './limits.ts'

/** What every command is told. */
export interface Settings {
  /** Data folder. */
  readonly data: string
  /** Whether the command line named it: commands that somebody is told to run have to name it too. */
  readonly isDataGiven: boolean
  /** Join link of the network, where one was given. */
  readonly join: string | undefined
  /** Network to work in, by its id or name, where the folder is in several. */
  readonly network: string | undefined
  /** Whether standard output is for programs. */
  readonly isJson: boolean
  readonly timeoutMs: number
  /** How long to wait for a relay where the answer can be of what is here: as long as was said, if anything was. */
  readonly reachMs: number
}

/** Adds the options that stand before or after any command. */
export function addGlobalOptions(program: Command): void {
  program
    .addOption(
      new Option('--data <dir>', 'folder for keys, documents and network')
        .env('DOCSTORE_DATA')
        .default(join(homedir(), '.docstore'))
        .argParser(folder),
    )
    .option('--join <link>', 'join link or join text of a network, or the address of a relay; remembered with the data', notEmpty)
    .option('--network <network>', 'network to work in, by its name or id, where the data is in several', notEmpty)
    .option('--json', 'JSON on standard output, everything for people on standard error')
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait for peers').env('DOCSTORE_TIMEOUT').default(DEFAULT_TIMEOUT_S).argParser(parseSeconds),
    )
}

/** The settings that were given on the command line. */
export function readSettings(program: Command): Settings {
  const {
    data,
    join,
    network,
    json = false,
    timeout,
  } = program.opts<{
    data: string
    join?: string
    network?: string
    json?: boolean
    timeout: number
  }>()
  const isDataGiven = program.getOptionValueSource('data') === 'cli'
  const timeoutMs = timeout * 1000
  const reachMs = program.getOptionValueSource('timeout') === 'default' ? REACH_TIMEOUT_MS : timeoutMs
  return { data, isDataGiven, join, network, isJson: json, timeoutMs, reachMs }
}

/** A path, so that no name of a folder means anything else, as `memory` does in the library. */
function folder(text: string): string {
  return resolve(notEmpty(text))
}

/** Refuses an empty value, as an unset variable of a shell gives; for options. */
export function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty. Leave the option out, or give it a value.')
  return text
}

/** Longest delay of a timer, seconds. */
const MAX_SECONDS = 2_147_483

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (text.trim() === '' || !(seconds > 0) || seconds > MAX_SECONDS) throw new InvalidArgumentError('It is a number of seconds above 0.')
  return seconds
}

/** Reads a whole number within bounds; for options. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (!/^\d+$/.test(text) || number < min || number > max) {
      throw new InvalidArgumentError(
        max === Number.MAX_SAFE_INTEGER ? `It is a whole number from ${min}.` : `It is a whole number from ${min} to ${max}.`,
      )
    }
    return number
  }
}
