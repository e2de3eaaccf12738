import { type DestinationStream, pino } from 'pino'

/** Levels of messages, the most important last; `silent` logs none. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

type Write = (facts: Readonly<Record<string, unknown>>, event: string) => void

/** Writes messages, each the stable name of what happened and what is known of it: `log.info({ peer }, 'peer-refused')`. */
export interface Log {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}

/** How messages are written. */
export interface LogInit {
  readonly level?: LogLevel
  /** `json`: one object per line with `time` (ISO), `level`, `event` and what is known of it. `text`: the same for people. */
  readonly format?: 'text' | 'json'
  /** Where lines go; standard error unless given. */
  readonly write?: (line: string) => void
}

/** A log of its own for each relay. */
export function createLog({ level = 'warn', format = 'text', write = writeToStandardError }: LogInit = {}): Log {
  const destination: DestinationStream = { write: (line) => write(format === 'json' ? line : readable(line)) }
  const options = { level, base: null, messageKey: 'event', timestamp: () => `,"time":"${new Date().toISOString()}"` }
  const logger = pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, destination)
  return {
    debug: (facts, event) => logger.debug(facts, event),
    info: (facts, event) => logger.info(facts, event),
    warn: (facts, event) => logger.warn(facts, event),
    error: (facts, event) => logger.error(facts, event),
  }
}

function writeToStandardError(line: string): void {
  process.stderr.write(line)
}

/** `2026-01-31T12:00:00.000Z warn peer-refused peer=12D3… reason=malformed` */
function readable(line: string): string {
  const { time, level, event, ...facts } = JSON.parse(line) as Readonly<Record<string, unknown>>
  const words = Object.entries(facts).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return `${[time, level, event, ...words].map(String).join(' ')}\n`
}
