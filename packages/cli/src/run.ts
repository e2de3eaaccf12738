import { CommanderError } from 'commander'
import { DocstoreError, type ErrorCode, errorCode, errorMessage } from '@p2p-docstore/core'
import { withData } from './command-text.ts'
import { CUT_LINK_HINT, mayBeCut } from './cut-link.ts'
import { ALIVE_MS, END_TIMEOUT_MS } from './limits.ts'
import { NegativeResult, Output, OutputClosed } from './output/output.ts'
import { withPassphrase } from './people/passphrase.ts'
import { createProgram, helpFor } from './program.ts'
import { readSettings, type Settings } from './settings.ts'
import { untilSignal } from './signals.ts'

/** Runs one command line; resolves with the exit code: 0 done, 1 could not be done, 2 used wrongly. */
export async function run(args: readonly string[]): Promise<number> {
  // Time limits keep no process alive: one that waits for nothing else would end before them, with a code of Node's.
  const alive = setInterval(() => undefined, ALIVE_MS)
  let settings: Settings | undefined
  const output = new Output({ isJson: args.includes('--json') && !isOperand(args, '--json') })
  try {
    const program = createProgram(async (work) => {
      const signal = untilSignal()
      const read = readSettings(program)
      settings = read
      const working = withPassphrase({ signal }, () => work({ settings: read, output, signal }))
      await Promise.race([working, tooLate(signal)])
    })
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    return await report(error, { output, args, settings })
  } finally {
    clearInterval(alive)
  }
}

/** Whether a word stands behind `--`, where it is no option. */
function isOperand(args: readonly string[], word: string): boolean {
  const end = args.indexOf('--')
  return end !== -1 && end < args.indexOf(word)
}

/** Errors that name a command which somebody else runs, on data of their own. */
const ELSEWHERE: ReadonlySet<string> = new Set(['bad-identity', 'bad-link'] satisfies ErrorCode[])

interface Running {
  readonly output: Output
  readonly args: readonly string[]
  /** `undefined` where they could not be read. */
  readonly settings: Settings | undefined
}

async function report(error: unknown, { output, args, settings }: Running): Promise<number> {
  if (error instanceof OutputClosed) return 0
  if (error instanceof NegativeResult) return 1
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0
    const isHelp = error.code === 'commander.help'
    await fail(output, 'usage' satisfies ErrorCode, isHelp ? missingCommand(args) : usageText(error.message))
    // Of a command that is missing all help has been shown.
    if (!isHelp) output.note(`See ${helpFor(error)}`)
    return 2
  }
  const { code, message } = explain(error)
  await fail(output, code, settings === undefined || ELSEWHERE.has(code) ? message : withData(settings, message))
  return code === 'usage' ? 2 : 1
}

/** A link without quotation marks hands what comes behind it, the command, to the shell. */
function missingCommand(args: readonly string[]): string {
  const asked = args.includes('help') ? args[args.indexOf('help') + 1] : undefined
  if (asked !== undefined) return `unknown command '${asked}'`
  return args.some(mayBeCut) ? `A command is missing. ${CUT_LINK_HINT}` : 'A command is missing'
}

/** What commander says, without what only its own form of messages needs. */
function usageText(message: string): string {
  return message.replace(/^error: /, '').replace(/^command-argument value .* is invalid for argument '(\w+)'\. /s, '$1: ')
}

async function fail(output: Output, code: string, message: string): Promise<void> {
  output.note(`docstore: ${message}`)
  if (output.isJson) await output.lines([{ error: { code, message } }]).catch(() => undefined)
}

/** System errors get a sentence; everything else has one. */
function explain(error: unknown): { code: string; message: string } {
  const code = errorCode(error)
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : 'the file'
  switch (code) {
    case 'ENOENT':
      return { code: 'no-file' satisfies ErrorCode, message: `There is no file ${path}` }
    case 'EISDIR':
      return { code: 'no-file' satisfies ErrorCode, message: `${path} is a folder` }
    case 'EACCES':
    case 'EPERM':
      return { code: 'no-permission' satisfies ErrorCode, message: `You may not use ${path}` }
    case 'EPIPE':
      return { code: 'no-reader' satisfies ErrorCode, message: 'Nobody reads what is written there any more' }
    case 'ENOSPC':
      return { code: 'disk-full' satisfies ErrorCode, message: 'The disk is full. Free some space and try again' }
    case 'ABORT_ERR':
      return { code: 'interrupted' satisfies ErrorCode, message: 'Interrupted' }
    default:
      return { code: error instanceof DocstoreError ? code : code === 'unknown' ? 'internal' : code, message: errorMessage(error) }
  }
}

/** Rejects when a command that was told to end has not done so in time. */
function tooLate(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const expire = (): void => {
      setTimeout(() => reject(new DocstoreError('interrupted', 'Interrupted')), END_TIMEOUT_MS).unref()
    }
    signal.addEventListener('abort', expire, { once: true })
  })
}
